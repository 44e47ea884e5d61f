package setup

import (
	"context"
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

// Command is `kernel setup`.
func Command() command.Command {
	return command.Command{
		Name: "setup", Summary: "build and fetch what notebooks need on this machine",
		Declare: func(flags *command.Flags) command.Action {
			flags.Group("Flags")
			jupyter := flags.Bool("jupyter", false, "install the kernelspecs for JupyterLab even where no Jupyter is found")
			return func(ctx context.Context, _ []string) error { return setUp(ctx, *jupyter) }
		},
	}
}

func setUp(ctx context.Context, jupyter bool) error {
	e, err := Ensure(ctx, Options{
		Jupyter: jupyter, Packages: true, Gopls: true, Plugin: true, Kernels: kernels.Here(),
		Progress: NewProgress(os.Stderr),
	})
	if err != nil {
		return err
	}
	command.PrintWarnings(e.Warnings)
	if e.Gopls != "" {
		fmt.Printf("gopls    %s\n", e.Gopls)
	}
	if e.Backend.Config != "" {
		fmt.Printf("backend  %s (%s)\n", e.Backend.Config, e.Backend.Source)
	}
	for _, k := range e.Kernels {
		fmt.Printf("kernel   %s in %s\n", k.Name, k.SpecDir)
	}
	for _, k := range e.Kernels {
		if k.JupyterDir != "" {
			fmt.Printf("Jupyter  %q in %s\n", k.DisplayName, k.JupyterDir)
		}
	}
	return nil
}
