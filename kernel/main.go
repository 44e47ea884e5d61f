// Kernel runs Go notebooks: it sets up what a machine needs for them, executes
// them headlessly and takes care of the kernels.
//
//	go run ./kernel run notebooks
//
// `go run ./kernel help` lists the commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// command is one sub-command. run gets the arguments after its name and
// reports failure by its error; see exitCode.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string) error
	// interactive commands take Ctrl-C for themselves.
	interactive bool
}

// commands in the order of the help text.
var commands = []command{
	{"run", "execute notebooks headlessly into a folder of results", runRun, false},
	{"repl", "a console for the live kernel or any other", runREPL, true},
	{"lab", "JupyterLab on the notebooks, with our kernels", runLab, false},
	{"setup", "build and fetch what notebooks need on this machine", runSetup, false},
	{"live", "be the live kernel (its kernelspec starts this)", runLive, true},
	{"doctor", "check every part of the set-up and say what to do", runDoctor, false},
	{"list", "list the kernels of this machine", runList, false},
	{"clean", "give back the disk space that set-up took", runClean, false},
}

// Exit codes. Errors with an ExitCode() int method choose their own.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	os.Exit(dispatch(os.Args[1:]))
}

// dispatch runs the sub-command that args name and returns the exit code.
func dispatch(args []string) int {
	if len(args) == 0 {
		usage(os.Stderr)
		return exitUsage
	}
	name, rest := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		usage(os.Stdout)
		return exitOK
	case setup.FetchCommand: // our own child, see setup.Fetch
		return command{run: func(context.Context, []string) error { return setup.Fetch(rest) }}.execute(rest)
	}
	for _, c := range commands {
		if c.name == name {
			return c.execute(rest)
		}
	}
	fmt.Fprintf(os.Stderr, "kernel: there is no command %q\n\n", name)
	usage(os.Stderr)
	return exitUsage
}

// execute runs the command until it ends or a signal asks it to.
func (c command) execute(args []string) int {
	signals := []os.Signal{syscall.SIGTERM, syscall.SIGHUP}
	if !c.interactive {
		signals = append(signals, os.Interrupt)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once
	return report(ctx, c.run(ctx, args))
}

// report prints err and turns it into an exit code.
func report(ctx context.Context, err error) int {
	var own interface{ ExitCode() int }
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage): // its flag set has said what is wrong
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "kernel: interrupted")
		return exitInterrupted
	}
	fmt.Fprintf(os.Stderr, "kernel: %v\n", err)
	if errors.As(err, &own) {
		return own.ExitCode()
	}
	return exitFailed
}

// errUsage marks errors in the command line.
var errUsage = errors.New("usage")

// parseFlags parses args and keeps `-h` and mistakes apart from failures. What
// is wrong has been printed when it returns.
func parseFlags(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(os.Stderr)
	err := flags.Parse(args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return fmt.Errorf("%w: %w", errUsage, err)
}

// parseOnlyFlags is parseFlags for commands that take no arguments.
func parseOnlyFlags(flags *flag.FlagSet, args []string) error {
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "kernel %s: takes no arguments, got %q\n", flags.Name(), flags.Args())
		return errUsage
	}
	return nil
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: go run ./kernel <command> [flags] [arguments]")
	fmt.Fprintln(w)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "`go run ./kernel <command> -h` explains a command's flags.")
}
