package setup

import "syscall"

// childAttributes also asks the system to end the child if we are killed
// without a chance to do so ourselves.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
