package child

import (
	"os/exec"
	"syscall"
)

// DieWithUs has a command that leads a group get the signal if we are killed
// without a chance to end it. To the system "we" are the thread that starts it.
func DieWithUs(cmd *exec.Cmd, signal syscall.Signal) {
	OwnGroup(cmd)
	cmd.SysProcAttr.Pdeathsig = signal
}
