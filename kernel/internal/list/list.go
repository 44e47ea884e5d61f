// Package list is the command that lists kernels.
package list

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Command is `kernel list`: our kernels and Jupyter's, as `run` finds them.
func Command() command.Command {
	return command.Command{
		Name: "list", Summary: "list the kernels of this machine",
		Declare: func(*command.Flags) command.Action { return list },
	}
}

func list(ctx context.Context, _ []string) error {
	specs, unreadable := jupyter.ListSpecs(setup.SpecDirs(ctx)...)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range specs {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Name, s.DisplayName, s.Language, s.Dir)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(specs) == 0 {
		fmt.Println("no kernels here; `go run ./kernel setup` installs ours")
	}
	return unreadable
}
