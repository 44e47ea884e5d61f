package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
)

// Failure is why a cell did not reach its end, in the form that notebooks know.
type Failure struct {
	// Name is the kind of the failure: one of package session's, or of the
	// names below.
	Name, Value string
	// Traceback is the whole story, line by line.
	Traceback []string
	// HTML is the same for front ends that show pages; empty if there is no
	// more to say than Traceback does.
	HTML string
}

// Error is the value.
func (f *Failure) Error() string { return f.Value }

// Names of failures, beside those of package session.
const (
	magicError       = "MagicError"
	shellError       = "ShellError"
	panicError       = "Panic"
	exitError        = "ExitError"
	interruptedError = "Interrupted"
	goGetError       = "GoGetError"
	inputError       = "StdinNotAllowed"
	kernelError      = "KernelError"
	buildError       = "BuildError"
)

// failure puts an error into the form that notebooks know.
func (r *run) failure(err error) *Failure {
	var f *Failure
	switch {
	case errors.As(err, &f):
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled), r.interrupts > 0:
		f = &Failure{Name: interruptedError, Value: "the cell was interrupted"}
	default:
		f = &Failure{Name: "Error", Value: err.Error()}
	}
	if len(f.Traceback) == 0 {
		f.Traceback = []string{f.Name + ": " + f.Value}
	}
	return f
}

func compileFailure(value string) *Failure { return &Failure{Name: session.CompileError, Value: value} }

func sessionFailure(e *session.Error) *Failure {
	f := &Failure{Name: e.Class, Value: e.Error(), HTML: e.HTML()}
	for _, d := range e.Diagnostics {
		f.Traceback = append(f.Traceback, strings.Split(d.Text(), "\n")...)
	}
	return f
}

// buildFailure explains what the compiler or the linker said.
func (r *run) buildFailure(err error) error {
	if r.ctx.Err() != nil {
		return errInterrupted
	}
	var tool *library.ToolError
	switch isTool := errors.As(err, &tool); {
	case !isTool && errors.Is(err, syscall.ENOSPC):
		tool = &library.ToolError{Output: err.Error()}
	case !isTool:
		return compileFailure(fmt.Sprintf("the toolchain could not be run: %v", err))
	}
	switch text := tool.Output; {
	case strings.Contains(text, syscall.ENOSPC.Error()):
		return compileFailure(fmt.Sprintf("the disk with the folder for temporary files, %s, is full: free some space and "+
			"run the cell again, or set TMPDIR to a folder on another disk and restart the kernel:\n%s", os.TempDir(), text))
	case strings.Contains(text, "object is [") || strings.Contains(text, "version mismatch"):
		return compileFailure("the Go toolchain differs from the one that the library for cells was built with: " +
			"restart the kernel:\n" + text)
	case strings.Contains(text, "executable file not found"),
		strings.Contains(text, "no such file or directory") && strings.Contains(text, "gcc"):
		return compileFailure("there is no C compiler, which links cells: install one " +
			"(Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc):\n" + text)
	}
	return sessionFailure(r.session.FromCompiler(tool.Output))
}
