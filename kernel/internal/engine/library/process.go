package library

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/internal/child"
)

// command prepares a child that ends with ctx.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return child.Command(ctx, syscall.SIGKILL, 2*time.Second, name, args...)
}

// output runs cmd and returns its standard output. An error carries what it
// said.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &stdout
	}
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return nil, toolError(err, stderr.String()+stdout.String())
	}
	return stdout.Bytes(), nil
}

// toolError is the error of a program that has said something.
func toolError(err error, said string) error {
	said = strings.TrimSpace(said)
	if errors.Is(err, exec.ErrNotFound) || said == "" {
		return err
	}
	return &ToolError{Output: said, Err: err}
}

// ToolError is the failure of a program of the toolchain.
type ToolError struct {
	Output string
	Err    error
}

// Error is what the program said.
func (e *ToolError) Error() string { return fmt.Sprintf("%v:\n%s", e.Err, e.Output) }

// Unwrap returns how the program ended.
func (e *ToolError) Unwrap() error { return e.Err }
