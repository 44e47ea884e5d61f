//go:build unix

package jupyter

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func exitStatus(state *os.ProcessState) ExitStatus {
	ws, ok := state.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return ExitStatus{Code: -1, Signal: unix.SignalName(ws.Signal())}
	}
	return ExitStatus{Code: state.ExitCode()}
}

// signalGroup signals the process and all it started, but for those that moved
// to another group, such as GoNB's gopls.
func (p *process) signalGroup(sig syscall.Signal) error {
	err := syscall.Kill(-p.pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return nil // none left
	}
	return err
}

func (p *process) interrupt() error { return p.signalGroup(syscall.SIGINT) }
func (p *process) terminate() error { return p.signalGroup(syscall.SIGTERM) }
func (p *process) kill() error      { return p.signalGroup(syscall.SIGKILL) }

// killRest kills what a process that has just ended leaves of its group.
func (p *process) killRest() { p.kill() }

// haveUnixSockets: kernels on Windows listen on TCP only.
const haveUnixSockets = true
