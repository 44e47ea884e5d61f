//go:build unix

package library

import (
	"os/exec"
	"syscall"
)

// setGroup makes cmd and what it starts end together.
func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
