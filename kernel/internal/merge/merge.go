// Package merge is the command that joins the results of a run's shards.
package merge

import (
	"context"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/report"
	"github.com/gocifar/gocifar/kernel/internal/command"
)

const about = `Joins what the jobs of "kernel run -shard" have left in folders, one for all jobs or
one for each: index.html, index.json and the executed notebooks come into one
folder, as if one job had run all notebooks. It exits with 1 if a notebook of the
run had failed, with 2 if the shards are not all there or not of one run, and with
6 if a result could not be saved.`

// Command is `kernel merge`.
func Command() command.Command {
	return command.Command{
		Name: "merge", Summary: "join the results of `run -shard`", Arguments: "FOLDER...", About: about,
		Declare: func(flags *command.Flags) command.Action {
			flags.Group("Results")
			output := flags.String("output", "executed", "`folder` for the joined results, may be one of those given")
			junit := flags.String("junit", "", "write JUnit XML of the whole run into this `file`")
			return func(_ context.Context, folders []string) error { return merge(*output, *junit, folders) }
		},
	}
}

func merge(output, junit string, folders []string) error {
	if len(folders) == 0 {
		return command.Usagef("merge: want the folders with the shards' results")
	}
	index, err := report.Merge(output, folders)
	if err != nil {
		return err
	}
	if err := index.Write(output); err != nil {
		return &execute.SaveError{Reason: err}
	}
	if junit != "" {
		if err := index.WriteJUnit(junit); err != nil {
			return &execute.SaveError{Reason: err}
		}
	}
	if failed := index.Failed(); len(failed) > 0 {
		return fmt.Errorf("%d of %d notebooks failed: %s", len(failed), len(index.Notebooks), strings.Join(failed, ", "))
	}
	fmt.Printf("%d notebooks ran well; see %s/index.html\n", len(index.Notebooks), output)
	return nil
}
