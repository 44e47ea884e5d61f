package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/lab"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// runLab is `kernel lab`: JupyterLab on the notebooks, with our kernels.
func runLab(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: go run ./kernel lab [flags] [-- arguments of jupyter lab]\n\n")
		flags.PrintDefaults()
	}
	port := flags.Int("port", 0, "`port` to listen on, by default 8888 or the next that is free")
	noBrowser := flags.Bool("no-browser", false, "open no browser; the address is printed")
	install := flags.Bool("install", false, "only make sure that all of it is there")
	jupyter := flags.String("jupyter", os.Getenv("GOCIFAR_JUPYTER"), "jupyter-lab `program` to run, instead of the one in PATH or one of our own")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	progress := setup.NewProgress(os.Stderr)
	environment, err := setup.Ensure(ctx, setup.Options{Live: library.Supported() == nil, Progress: progress})
	if err != nil {
		return err
	}
	for _, warning := range environment.Warnings {
		fmt.Fprintln(os.Stderr, "warning:", warning)
	}
	program, err := lab.Find(ctx, *jupyter, environment.Cache, progress)
	if err != nil || *install {
		return err
	}
	var dirs []string
	for _, spec := range []string{environment.LiveSpecDir, environment.SpecDir} {
		if spec != "" {
			dirs = append(dirs, filepath.Dir(filepath.Dir(spec))) // data/kernels/name
		}
	}
	return lab.Serve(ctx, lab.Options{
		Program: program, DataDirs: dirs, Root: environment.ModuleRoot, Open: "notebooks",
		Port: *port, Browser: !*noBrowser, Args: flags.Args(), Log: os.Stderr,
	})
}
