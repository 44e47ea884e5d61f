package setup

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

// killDelay is how long an interrupted process may take to clean up.
const killDelay = 5 * time.Second

// newCommand prepares a child that can outlive neither its context nor us: it
// and what it starts, as `go build` and `go run` do, are interrupted when ctx
// ends.
func newCommand(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := child.Command(ctx, syscall.SIGINT, killDelay, name, args...)
	child.DieWithUs(cmd, syscall.SIGKILL)
	return cmd
}

// run starts cmd and waits for it. Whatever is left of its group after a
// cancellation is killed. An error carries the end of what the child said on
// stderr, if cmd.Stderr is a *tail.
func run(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	if err == nil {
		return nil
	}
	_ = child.Signal(cmd.Process.Pid, syscall.SIGKILL)
	return err
}

// output runs cmd and returns its standard output; an error carries the last
// lines of its standard error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	var stderr tail
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := run(cmd); err != nil {
		return nil, stderr.explain(err)
	}
	return out.Bytes(), nil
}

// tail keeps the last lines written to it, and shows each to onLine, if set.
type tail struct {
	onLine func(string)
	lines  []string
	rest   []byte
}

// tailLines is how much of a failed command's words goes into its error.
const tailLines = 12

func (t *tail) Write(p []byte) (int, error) {
	t.rest = append(t.rest, p...)
	for {
		i := bytes.IndexAny(t.rest, "\r\n")
		if i < 0 {
			return len(p), nil
		}
		line := strings.TrimSpace(string(t.rest[:i]))
		t.rest = t.rest[i+1:]
		t.add(line)
	}
}

func (t *tail) add(line string) {
	if line == "" {
		return
	}
	if t.onLine != nil {
		t.onLine(line)
	}
	if t.lines = append(t.lines, line); len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// last is the last line written.
func (t *tail) last() string {
	t.add(strings.TrimSpace(string(t.rest)))
	t.rest = nil
	if len(t.lines) == 0 {
		return ""
	}
	return t.lines[len(t.lines)-1]
}

// explain adds the kept lines to err.
func (t *tail) explain(err error) error {
	if t.last() == "" {
		return err
	}
	text := strings.Join(t.lines, "\n\t")
	if strings.Contains(text, syscall.ENOSPC.Error()) {
		return fmt.Errorf("%w: %w", errDiskFull, err)
	}
	return fmt.Errorf("%w:\n\t%s", err, text)
}

var errDiskFull = errors.New("the disk is full: free some space (`go run ./kernel clean` lists what we hold) " +
	"and run the command again")
