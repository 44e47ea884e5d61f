//go:build !unix

package child

import (
	"os"
	"os/exec"
	"syscall"
)

// OwnGroup does nothing here.
func OwnGroup(*exec.Cmd) {}

// Signal kills the process, whatever the signal.
func Signal(pid int, _ syscall.Signal) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return os.ErrProcessDone
	}
	defer process.Release()
	return process.Kill()
}
