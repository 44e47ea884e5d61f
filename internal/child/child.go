// Package child starts programs so that what they start ends with them: each
// leads a process group of its own, which gets signals as a whole. A ^C in our
// terminal reaches only us, so that we decide what becomes of it.
//
// Windows has no such groups and signals; there the program alone is killed.
package child

import (
	"context"
	"os/exec"
	"syscall"
	"time"
)

// Command prepares a program that ends with ctx: its group then gets the
// signal, and the program is killed if it is not gone after the grace.
func Command(ctx context.Context, signal syscall.Signal, grace time.Duration, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	OwnGroup(cmd)
	cmd.Cancel = func() error { return Signal(cmd.Process.Pid, signal) }
	cmd.WaitDelay = grace
	return cmd
}
