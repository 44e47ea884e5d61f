package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/live"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// runLive is `kernel live`: the live kernel itself, as its kernelspec starts it.
func runLive(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("live", flag.ContinueOnError)
	o := live.Options{}
	flags.StringVar(&o.Library, "library", "", "`folder` of the library for cells, by default this checkout's")
	flags.StringVar(&o.Connection, "connection", "", "Jupyter's connection `file`")
	flags.StringVar(&o.Gopls, "gopls", "", "`program` for completion and inspection")
	flags.DurationVar(&o.Grace, "grace", live.DefaultGrace, "how long an interrupted cell may take before its process is ended")
	if err := parseOnlyFlags(flags, args); err != nil {
		return err
	}
	if o.Connection == "" {
		fmt.Fprintln(os.Stderr, "kernel live: -connection is missing: Jupyter and `kernel run` start this command through a kernelspec, which `kernel setup` writes")
		return errUsage
	}
	if o.Library == "" {
		e, err := setup.Ensure(ctx, setup.Options{Live: true, Progress: setup.NewProgress(os.Stderr)})
		if err != nil {
			return err
		}
		o.Library = e.LiveLibrary
	}
	l, err := library.Open(o.Library)
	if err != nil {
		fmt.Fprintf(os.Stderr, "kernel: %v\n", err)
		return live.Refuse(ctx, o, err)
	}
	o.Rebuild = func(ctx context.Context, say func(string)) (string, error) {
		say("building the packages of " + l.Root)
		e, err := setup.Ensure(ctx, setup.Options{ModuleRoot: l.Root, Live: true})
		if err != nil {
			return "", err
		}
		return e.LiveLibrary, nil
	}
	return live.Serve(ctx, o)
}
