// Package command is what every command of the kernel is made of: a name, a
// summary, flags in groups, and a function to run. It parses the flags, writes
// the help, passes signals on as a context's end, and turns the error into an
// exit code. What a command does is its own package's.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gocifar/gocifar/kernel/execute"
)

// Command is one command of a program.
type Command struct {
	Name    string
	Summary string // a line for the list of commands
	// Arguments is how the usage line calls what stands after the flags; "" for
	// a command that takes nothing there.
	Arguments string
	// About explains the command in its help, below the usage line.
	About string
	// Declare declares the flags and returns the function that runs the command
	// once they have been parsed.
	Declare func(*Flags) Action
	// Interactive commands take Ctrl-C for themselves.
	Interactive bool
	// Hidden commands are for our own processes; the list leaves them out.
	Hidden bool
	// RunsCells says that the command ends with the exit codes of a run.
	RunsCells bool
}

// Action runs a command with the arguments that stand after the flags. Its
// error chooses the exit code, see [execute.ExitCode].
type Action func(ctx context.Context, args []string) error

// exitCodes are what the help says of them: of a command that runs cells, and
// of any other one.
var exitCodes = []struct {
	code       int
	run, other string
}{
	{execute.ExitOK, "all cells ran", "all is well"},
	{execute.ExitFailed, "a cell failed, outputs differ (-check), or something else went wrong", "something went wrong"},
	{execute.ExitUsage, "the command line is wrong", "the command line is wrong"},
	{execute.ExitTimeout, "time ran out", ""},
	{execute.ExitKernelDied, "the kernel died", ""},
	{execute.ExitStartFailed, "the kernel did not start", ""},
	{execute.ExitSaveFailed, "a result could not be saved", ""},
	{execute.ExitInterrupted, "interrupted", "interrupted"},
}

// ErrInterrupted is the error of an interactive command that the user has ended
// by Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// Usagef is the error of a wrong command line.
func Usagef(format string, args ...any) error {
	return &execute.UsageError{Reason: fmt.Errorf(format, args...)}
}

// Main runs the command that args name, with the arguments after its name, and
// returns the exit code.
func Main(commands []Command, args []string) int {
	if len(args) == 0 {
		list(os.Stderr, commands)
		return execute.ExitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		list(os.Stdout, commands)
		return execute.ExitOK
	}
	for _, c := range commands {
		if c.Name == args[0] {
			return c.run(args[1:])
		}
	}
	fmt.Fprintf(os.Stderr, "kernel: there is no command %q\n\n", args[0])
	list(os.Stderr, commands)
	return execute.ExitUsage
}

// list is the help of the program.
func list(w io.Writer, commands []Command) {
	fmt.Fprintln(w, "usage: go run ./kernel <command> [flags] [arguments]")
	fmt.Fprintln(w)
	for _, c := range commands {
		if !c.Hidden {
			fmt.Fprintf(w, "  %-8s %s\n", c.Name, c.Summary)
		}
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "`go run ./kernel <command> -h` explains a command's flags and exit codes.")
}

// run runs the command until it ends or a signal asks it to.
func (c Command) run(args []string) int {
	signals := []os.Signal{syscall.SIGTERM, syscall.SIGHUP}
	if !c.Interactive {
		signals = append(signals, os.Interrupt)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once
	return exit(ctx, c.Run(ctx, args))
}

// Run parses the flags in args and runs the command.
func (c Command) Run(ctx context.Context, args []string) error {
	flags := newFlags(c.Name)
	action := c.Declare(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		c.help(os.Stdout)
		return nil
	case err != nil:
		return Usagef("%s: %w; `go run ./kernel %s -h` lists the flags", c.Name, err, c.Name)
	case c.Arguments == "" && flags.NArg() > 0:
		return Usagef("%s: it takes no arguments, got %q", c.Name, flags.Args())
	}
	return action(ctx, flags.Args())
}

// exit prints err and turns it into an exit code.
func exit(ctx context.Context, err error) int {
	ended := ctx.Err() != nil && errors.Is(err, context.Canceled)
	switch {
	case err == nil:
		return execute.ExitOK
	case ended, errors.Is(err, ErrInterrupted):
		fmt.Fprintln(os.Stderr, "kernel: interrupted")
		return execute.ExitInterrupted
	}
	fmt.Fprintf(os.Stderr, "kernel: %v\n", err)
	if code := execute.ExitCode(err); code != execute.ExitInterrupted {
		return code
	}
	return execute.ExitFailed // something was canceled, and not by the user
}
