// Package clean is the command that gives back disk space.
package clean

import (
	"context"
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// Command is `kernel clean`.
func Command() command.Command {
	return command.Command{
		Name: "clean", Summary: "give back the disk space that set-up took",
		Declare: func(flags *command.Flags) command.Action {
			flags.Group("Flags")
			list := flags.Bool("n", false, "only list what would be deleted")
			return func(ctx context.Context, _ []string) error { return clean(ctx, *list) }
		},
	}
}

func clean(ctx context.Context, list bool) error {
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
	if list {
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
