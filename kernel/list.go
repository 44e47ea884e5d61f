package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// runList is `kernel list`: ours and Jupyter's kernels, as `run` finds them.
func runList(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("list", flag.ContinueOnError)
	if err := parseOnlyFlags(flags, args); err != nil {
		return err
	}
	var ours []string
	if dir, ok := setup.Installed(ctx); ok {
		ours = append(ours, filepath.Dir(dir))
	}
	if dir, ok := setup.InstalledLive(ctx); ok {
		ours = append(ours, filepath.Dir(dir))
	}
	specs, unreadable := jupyter.ListSpecs(ours...)
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
