package run

import (
	"os"
	"os/signal"
	"syscall"
)

// forceOnSecondSignal returns a channel that is closed by the second Ctrl-C or
// SIGTERM: the first one cancels the run, upon which cells are interrupted,
// kernels ended and notebooks saved; the second one leaves out the waiting. A
// third one ends this process at once.
func forceOnSecondSignal() (force <-chan struct{}, stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	forced, ended := make(chan struct{}), make(chan struct{})
	go func() {
		for range 2 {
			select {
			case <-signals:
			case <-ended:
				return
			}
		}
		signal.Stop(signals)
		close(forced)
	}()
	return forced, func() {
		signal.Stop(signals)
		close(ended)
	}
}
