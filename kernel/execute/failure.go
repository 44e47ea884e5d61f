package execute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gocifar/gocifar/internal/termtext"
)

// Failure says why a cell failed.
type Failure struct {
	// Class is what to allow the failure by: the error's own name
	// ("ValueError"), for GoNB, which calls every error "ERROR", one of the
	// Class constants.
	Class string
	// Name, Value and Traceback are the kernel's words.
	Name, Value string
	Traceback   []string
	// Summary says in a line what happened and where in the cell, when Value
	// does not.
	Summary string
	// Detail is more about it, for instance the end of what the cell wrote to
	// stderr.
	Detail string
}

// Classes of failures that are found or told apart here. ExitError comes with
// the exit code: "ExitError(3)"; it is allowed by that name or by "ExitError".
const (
	ClassCompile     = "CompileError"  // the Go compiler refused the cell
	ClassGoGet       = "GoGetError"    // a module could not be found or fetched
	ClassParse       = "ParseError"    // the cell is no Go
	ClassExit        = "ExitError"     // the program ended with a code that is not 0
	ClassPanic       = "Panic"         // the program panicked
	ClassShell       = "ShellError"    // a shell command failed, which GoNB calls a success
	ClassMagic       = "MagicError"    // an unknown or wrong special command
	ClassInterrupted = "Interrupted"   // stopped from outside
	ClassTimeout     = "TimeoutError"  // stopped because its time was over
	ClassStdin       = "StdinError"    // asked for input that was not given
	ClassDied        = "KernelDied"    // the kernel's process ended
	ClassHung        = "KernelHung"    // the kernel's process stopped answering
	ClassKernel      = "KernelError"   // the kernel broke the protocol
	ClassOutputs     = "OutputsDiffer" // the outputs are not those stored (see package check)
	ClassNoRaise     = "DidNotRaise"   // tagged raises-exception, and did not raise (strict mode)
)

// is tells whether the failure goes by the name: its class, the class without
// parameters, or the kernel's error name.
func (f *Failure) is(name string) bool {
	base, _, _ := strings.Cut(f.Class, "(")
	return name == f.Class || name == base || name == f.Name
}

// Text is the failure in one line.
func (f *Failure) Text() string {
	value := termtext.Plain(f.Value)
	if f.Summary != "" {
		value = termtext.Plain(f.Summary)
	}
	first, _, more := strings.Cut(strings.TrimSpace(value), "\n")
	if more {
		first += " …"
	}
	if first == "" {
		return f.Class
	}
	return f.Class + ": " + first
}

// CellFailedError ends a run because a cell failed and was not allowed to.
type CellFailedError struct {
	Path    string
	Index   int // in the document, from 0
	Number  int // among its code cells, from 1
	Source  string
	Failure *Failure
}

func (e *CellFailedError) Error() string {
	return fmt.Sprintf("%s: cell %d: %s", e.Path, e.Number, e.Failure.Text())
}

// TimeoutError ends a run because a cell, or all of it, took too long.
type TimeoutError struct {
	Path   string
	Number int           // the code cell that was running, from 1
	Limit  time.Duration // what it was allowed
	Total  bool          // the limit is the run's, not the cell's
}

func (e *TimeoutError) Error() string {
	if e.Total {
		return fmt.Sprintf("%s: the run did not end within %v; it was stopped in cell %d", e.Path, e.Limit, e.Number)
	}
	return fmt.Sprintf("%s: cell %d did not end within %v", e.Path, e.Number, e.Limit)
}

// KernelDiedError ends a run because the kernel is gone or does not answer.
type KernelDiedError struct {
	Path   string
	Number int // the code cell that was running or was to run next, from 1
	Reason error
}

func (e *KernelDiedError) Error() string {
	return fmt.Sprintf("%s: the kernel died at cell %d: %v", e.Path, e.Number, e.Reason)
}

func (e *KernelDiedError) Unwrap() error { return e.Reason }

// StartError says that there is no kernel to run the notebook.
type StartError struct {
	Path   string
	Kernel string
	Reason error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("%s: cannot start kernel %q: %v", e.Path, e.Kernel, e.Reason)
}

func (e *StartError) Unwrap() error { return e.Reason }

// SaveError says that the executed notebook could not be written.
type SaveError struct{ Reason error }

func (e *SaveError) Error() string { return e.Reason.Error() }
func (e *SaveError) Unwrap() error { return e.Reason }

// UsageError says that what was asked for makes no sense: a missing file, no
// notebook, a wrong parameter.
type UsageError struct{ Reason error }

func (e *UsageError) Error() string { return e.Reason.Error() }
func (e *UsageError) Unwrap() error { return e.Reason }

// Exit codes, see [ExitCode].
const (
	ExitOK          = 0
	ExitFailed      = 1 // a cell failed, outputs differ, or any other error
	ExitUsage       = 2
	ExitTimeout     = 3
	ExitKernelDied  = 4
	ExitStartFailed = 5
	ExitSaveFailed  = 6
	ExitInterrupted = 130
)

// ExitCode is the exit code for the error that a run ended with, nil for none.
// Of several joined errors the gravest counts: interrupted, then usage, time,
// the kernel's death, its start, a save, a cell.
func ExitCode(err error) int {
	var (
		usage   *UsageError
		timeout *TimeoutError
		died    *KernelDiedError
		start   *StartError
		save    *SaveError
	)
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &usage):
		return ExitUsage
	case errors.As(err, &timeout):
		return ExitTimeout
	case errors.As(err, &died):
		return ExitKernelDied
	case errors.As(err, &start):
		return ExitStartFailed
	case errors.As(err, &save):
		return ExitSaveFailed
	}
	return ExitFailed
}
