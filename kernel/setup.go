package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// runSetup is `kernel setup`.
func runSetup(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("setup", flag.ContinueOnError)
	jupyter := flags.Bool("jupyter", false, "install the kernelspec for JupyterLab even where no Jupyter is found")
	if err := parseOnlyFlags(flags, args); err != nil {
		return err
	}
	e, err := setup.Ensure(ctx, setup.Options{Jupyter: *jupyter, Live: library.Supported() == nil, Progress: setup.NewProgress(os.Stderr)})
	if err != nil {
		return err
	}
	for _, warning := range e.Warnings {
		fmt.Fprintln(os.Stderr, "warning:", warning)
	}
	fmt.Printf("tools    %s\n", e.Tools)
	fmt.Printf("backend  %s (%s)\n", e.Backend.Config, e.Backend.Source)
	fmt.Printf("kernel   %s in %s\n", e.Kernelspec, e.SpecDir)
	if e.LiveKernelspec != "" {
		fmt.Printf("kernel   %s in %s\n", e.LiveKernelspec, e.LiveSpecDir)
	}
	if e.JupyterDir != "" {
		fmt.Printf("Jupyter  %q in %s\n", setup.DisplayName, e.JupyterDir)
	}
	if e.LiveJupyterDir != "" {
		fmt.Printf("Jupyter  %q in %s\n", setup.LiveDisplayName, e.LiveJupyterDir)
	}
	return nil
}
