//go:build unix

package child

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// OwnGroup has a command that was not started yet lead a group.
func OwnGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// Signal sends a signal to the group that a process leads or led. It reaches
// all that they started, but for those that moved to another group. If none is
// left the error is os.ErrProcessDone, as of os.Process.Signal.
func Signal(pid int, signal syscall.Signal) error {
	err := syscall.Kill(-pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
