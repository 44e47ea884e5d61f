//go:build unix

package jupyter

import (
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

func (p *process) interrupt() error { return p.signal(syscall.SIGINT) }

// killRest kills what a process that has just ended leaves of its group.
func (p *process) killRest() { p.kill() }

// haveUnixSockets: kernels on Windows listen on TCP only.
const haveUnixSockets = true
