// Package merge is the command that joins the results of a run's shards.
package merge

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/report"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/coverprofile"
)

const about = `Joins what the jobs of "kernel run -shard" have left in folders, one for all jobs or
one for each: index.html, index.json and the executed notebooks come into one
folder, as if one job had run all notebooks. With -cover, so does what they
reached. It exits with 1 if a notebook of the run had failed, with 2 if the shards
are not all there, not of one run or not of one code, and with 6 if a result could
not be saved.`

// Command is `kernel merge`.
func Command() command.Command {
	return command.Command{
		Name: "merge", Summary: "join the results of `run -shard`", Arguments: "FOLDER...", About: about,
		Declare: func(flags *command.Flags) command.Action {
			flags.Group("Results")
			output := flags.String("output", "executed", "`folder` for the joined results, may be one of those given")
			junit := flags.String("junit", "", "write JUnit XML of the whole run into this `file`")
			cover := flags.String("cover", "",
				"join what all shards reached, which ran with -cover, into this `file` for go tool cover")
			return func(_ context.Context, folders []string) error { return merge(*output, *junit, *cover, folders) }
		},
	}
}

func merge(output, junit, cover string, folders []string) error {
	if len(folders) == 0 {
		return command.Usagef("merge: want the folders with the shards' results")
	}
	reached, err := joinCoverage(cover, folders)
	if err != nil {
		return err
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
	if cover != "" {
		if err := wholefile.Write(cover, wholefile.Bytes(reached.Bytes())); err != nil {
			return &execute.SaveError{Reason: err}
		}
	}
	if failed := index.Failed(); len(failed) > 0 {
		return fmt.Errorf("%d of %d notebooks failed: %s", len(failed), len(index.Notebooks), strings.Join(failed, ", "))
	}
	fmt.Printf("%d notebooks ran well; see %s/index.html\n", len(index.Notebooks), output)
	return nil
}

// joinCoverage joins the shards' profiles, if they are wanted.
func joinCoverage(cover string, folders []string) (*coverprofile.Profile, error) {
	var joined coverprofile.Profile
	if cover == "" {
		return &joined, nil
	}
	files, err := report.CoverProfiles(folders)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			err = joined.Add(file, string(text))
		}
		if err != nil {
			return nil, command.Usagef("merge: %w", err)
		}
	}
	return &joined, nil
}
