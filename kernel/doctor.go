package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/gocifar/gocifar/kernel/setup"
)

// runDoctor is `kernel doctor`. It fails if the user has to do something.
func runDoctor(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	if err := parseOnlyFlags(flags, args); err != nil {
		return err
	}
	findings := setup.Diagnose(ctx, "")
	if err := ctx.Err(); err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.State, f.Part, f.Detail)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return verdict(findings)
}

// verdict says what to do, once for parts that want the same.
func verdict(findings []setup.Finding) error {
	said := make(map[string]bool)
	broken := false
	for _, f := range findings {
		broken = broken || f.State > setup.Absent
		if f.Remedy != "" && !said[f.Remedy] {
			said[f.Remedy] = true
			fmt.Printf("\n%s: %s\n", f.Part, f.Remedy)
		}
	}
	if broken {
		return errors.New("not everything is in order; see above")
	}
	return nil
}
