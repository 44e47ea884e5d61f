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
	parts, err := setup.Owned()
	if err != nil {
		return err
	}
	var total int64
	for _, part := range parts {
		fmt.Printf("%6d MB  %s  (%s)\n", part.Bytes>>20, part.Path, part.What)
		total += part.Bytes
	}
	said := "given back"
	if list {
		said = "would be given back"
	} else if err := setup.Clean(ctx, parts, setup.NewProgress(os.Stderr)); err != nil {
		return err
	}
	fmt.Printf("%6d MB  %s\n", total>>20, said)
	left, err := setup.Kept()
	for _, part := range left {
		fmt.Printf("%6d MB  %s  (%s) stays: delete it yourself if you want\n", part.Bytes>>20, part.Path, part.What)
	}
	return err
}
