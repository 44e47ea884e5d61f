//go:build !linux

package child

import (
	"os/exec"
	"syscall"
)

// DieWithUs has a command lead a group. Only Linux can end it if we are killed.
func DieWithUs(cmd *exec.Cmd, _ syscall.Signal) { OwnGroup(cmd) }
