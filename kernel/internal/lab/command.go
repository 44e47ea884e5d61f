package lab

import (
	"context"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// Command is `kernel lab`: JupyterLab on the notebooks, with our kernels.
func Command() command.Command {
	return command.Command{
		Name: "lab", Summary: "JupyterLab on the notebooks, with our kernels",
		Arguments: "[-- arguments of jupyter lab]",
		Declare: func(flags *command.Flags) command.Action {
			var f flagValues
			flags.Group("Flags")
			flags.IntVar(&f.port, "port", 0, "`port` to listen on, by default 8888 or the next that is free")
			flags.BoolVar(&f.noBrowser, "no-browser", false, "open no browser; the address is printed")
			flags.BoolVar(&f.install, "install", false, "only make sure that all of it is there")
			flags.StringVar(&f.program, "jupyter", os.Getenv("GOCIFAR_JUPYTER"),
				"jupyter-lab `program` to run, instead of the one in PATH or one of our own")
			return f.run
		},
	}
}

type flagValues struct {
	port               int
	noBrowser, install bool
	program            string
}

func (f *flagValues) run(ctx context.Context, args []string) error {
	progress := setup.NewProgress(os.Stderr)
	environment, err := setup.Ensure(ctx, setup.Options{
		Kernels: kernels.Here(), Packages: true, Gopls: f.install, Progress: progress,
	})
	if err != nil {
		return err
	}
	command.PrintWarnings(environment.Warnings)
	program, err := Find(ctx, f.program, environment.Cache, progress)
	if err != nil || f.install {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go setup.EnsureExtras(ctx, environment.ModuleRoot)
	var dirs []string
	for _, k := range environment.Kernels {
		dirs = append(dirs, filepath.Dir(filepath.Dir(k.SpecDir))) // data/kernels/name
	}
	return Serve(ctx, Options{
		Program: program, DataDirs: dirs, Root: environment.ModuleRoot, Open: "notebooks",
		Port: f.port, Browser: !f.noBrowser, Args: args, Log: os.Stderr,
	})
}
