//go:build !unix

package jupyter

import (
	"errors"
	"os"
	"syscall"
)

func processAttributes() *syscall.SysProcAttr { return nil }

func exitStatus(state *os.ProcessState) ExitStatus { return ExitStatus{Code: state.ExitCode()} }

func oomKills() int { return 0 }

func (p *process) interrupt() error {
	return errors.New("jupyter: this system has no interrupt signal; the kernelspec needs interrupt_mode \"message\"")
}

// terminate has no gentle form here.
func (p *process) terminate() error { return p.kill() }

func (p *process) kill() error {
	proc, err := os.FindProcess(p.pid)
	if err != nil {
		return nil // gone
	}
	defer proc.Release()
	return proc.Kill()
}

func (p *process) killRest() {}

func killLeftovers(_, _ string) int { return 0 }

// haveUnixSockets: kernels on Windows listen on TCP only.
const haveUnixSockets = false
