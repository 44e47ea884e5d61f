package live

import (
	"context"
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// Command is `kernel live`: the live kernel itself, as its kernelspec starts
// it.
func Command() command.Command {
	return command.Command{
		Name: "live", Summary: "be the live kernel (its kernelspec starts this)", Interactive: true,
		Declare: func(flags *command.Flags) command.Action {
			var o Options
			flags.Group("Flags")
			flags.StringVar(&o.Library, "library", "", "`folder` of the library for cells, by default this checkout's")
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
	if o.Library == "" {
		e, err := setup.Ensure(ctx, setup.Options{Kernels: kernels.All(), Progress: setup.NewProgress(os.Stderr)})
		if err != nil {
			return err
		}
		o.Library = e.Library
	}
	l, err := library.Open(o.Library)
	if err != nil {
		fmt.Fprintf(os.Stderr, "kernel: %v\n", err)
		return Refuse(ctx, o, err)
	}
	o.Rebuild = func(ctx context.Context, say func(string)) (string, error) {
		say("building the packages of " + l.Root)
		e, err := setup.Ensure(ctx, setup.Options{ModuleRoot: l.Root, Kernels: kernels.All()})
		if err != nil {
			return "", err
		}
		return e.Library, nil
	}
	return Serve(ctx, o)
}
