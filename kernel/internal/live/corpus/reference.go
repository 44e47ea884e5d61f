package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Compiled builds the program in the file, as `go run` would, runs it in the
// folder dir, which is empty, and returns what it did. It ends a program that
// takes longer than limit.
func Compiled(ctx context.Context, file, dir string, limit time.Duration) (Outcome, error) {
	temp, err := os.MkdirTemp("", "corpus")
	if err != nil {
		return Outcome{}, err
	}
	defer os.RemoveAll(temp)
	program := filepath.Join(temp, "program")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, file)
	build.Dir = temp
	if out, err := build.CombinedOutput(); err != nil {
		return Outcome{Failure: fmt.Sprintf("go build: %v: %s", err, out)}, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(limited, program)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	// What the program leaves behind must not hold the pipes.
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	o := Outcome{Stdout: stdout.String(), Stderr: stderr.String()}
	var exit *exec.ExitError
	switch {
	case limited.Err() != nil:
		o.Failure = fmt.Sprintf("takes longer than %v", limit)
	case errors.As(err, &exit):
		o.Failure = exit.Error()
	case err != nil:
		return o, err
	}
	return o, ctx.Err()
}
