package live

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Command is `kernel live`: the live kernel itself, as its kernelspec starts
// it.
func Command() command.Command {
	return command.Command{
		Name: "live", Summary: "be the live kernel (its kernelspec starts this)", Interactive: true,
		Declare: func(flags *command.Flags) command.Action {
			var o Options
			flags.Group("Flags")
			flags.StringVar(&o.Library, "library", "", "`folder` of the library for cells, by default the one for the module")
			flags.StringVar(&o.Module.Dir, "module", "",
				"`folder` of the module that cells import from where there is none around the working directory")
			flags.StringVar(&o.Connection, "connection", "", "Jupyter's connection `file`")
			flags.StringVar(&o.Gopls, "gopls", "", "`program` for completion and inspection")
			flags.DurationVar(&o.Grace, "grace", DefaultGrace,
				"how long an interrupted cell may take before its process is ended")
			return func(ctx context.Context, _ []string) error { return start(ctx, o) }
		},
	}
}

func start(ctx context.Context, o Options) error {
	if err := kernels.Live.Supported(); err != nil {
		return err
	}
	if o.Connection == "" {
		return command.Usagef("live: -connection is missing: " +
			"Jupyter and `kernel run` start this command through a kernelspec, which `kernel setup` writes")
	}
	findHome()
	if err := place(ctx, &o); err != nil {
		fmt.Fprintf(os.Stderr, "kernel: %v\n", err)
		return Refuse(ctx, o, err)
	}
	o.CoverProfile = os.Getenv(kernels.CoverVariable)
	o.BuildGopls = func(ctx context.Context) error {
		_, err := setup.EnsureGopls(ctx, ".", setup.NewProgress(os.Stderr))
		return err
	}
	return Serve(ctx, o)
}

// findHome says where the user's home is, if nobody has: the go command keeps
// modules and what it has compiled below it. Kernel Gateway and Enterprise
// Gateway start kernels without this variable.
func findHome() {
	if os.Getenv("HOME") != "" {
		return
	}
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		os.Setenv("HOME", u.HomeDir)
	}
}

// required are the modules that the notebook came to need in an earlier session:
// who starts the kernel says it, or else the notebook's file does, whose path
// Jupyter's server gives.
func required() []string {
	if list, ok := os.LookupEnv(kernels.RequireVariable); ok {
		return strings.Fields(list)
	}
	nb, err := nbformat.ReadFile(os.Getenv("JPY_SESSION_NAME"))
	if err != nil {
		return nil
	}
	return execute.Require(nb)
}

// place finds the module around the working directory, and the library for its
// version of Go.
func place(ctx context.Context, o *Options) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	m, err := library.FindModule(ctx, "go", dir)
	if err != nil {
		return err
	}
	if m.Dir != "" {
		o.Module = m
	} else if o.Require = required(); len(o.Require) > 0 {
		o.Module = library.Module{} // such a notebook was made without one
	}
	l, err := library.Open(o.Library)
	if o.Library != "" && err == nil && l.Suits(o.Module) {
		return nil
	}
	if o.Library != "" && err != nil {
		return err
	}
	o.Library, err = setup.EnsureLibrary(ctx, dir, setup.NewProgress(os.Stderr))
	return err
}
