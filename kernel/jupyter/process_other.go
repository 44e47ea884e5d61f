//go:build !unix

package jupyter

import (
	"errors"
	"os"
)

func exitStatus(state *os.ProcessState) ExitStatus { return ExitStatus{Code: state.ExitCode()} }

func oomKills() int { return 0 }

func (p *process) interrupt() error {
	return errors.New("jupyter: this system has no interrupt signal; the kernelspec needs interrupt_mode \"message\"")
}

func (p *process) killRest() {}

func killLeftovers(_, _ string) int { return 0 }

// haveUnixSockets: kernels on Windows listen on TCP only.
const haveUnixSockets = false
