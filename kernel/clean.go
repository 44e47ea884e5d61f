package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// runClean is `kernel clean`.
func runClean(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("clean", flag.ContinueOnError)
	list := flags.Bool("n", false, "only list what would be deleted")
	if err := parseOnlyFlags(flags, args); err != nil {
		return err
	}
	holdings, err := setup.Holdings()
	if err != nil {
		return err
	}
	var total int64
	for _, h := range holdings {
		fmt.Printf("%6d MB  %s  (%s)\n", h.Bytes>>20, h.Path, h.What)
		total += h.Bytes
	}
	said := "given back"
	if *list {
		said = "would be given back"
	} else if err := setup.Clean(ctx, holdings, setup.NewProgress(os.Stderr)); err != nil {
		return err
	}
	fmt.Printf("%6d MB  %s\n", total>>20, said)
	left, err := setup.Kept()
	for _, h := range left {
		fmt.Printf("%6d MB  %s  (%s) stays: delete it yourself if you want\n", h.Bytes>>20, h.Path, h.What)
	}
	return err
}
