// Package run is the command that executes notebooks: what it does before and
// after package execute runs each of them.
//
//	flags      the flags and their help
//	documents  what is done to notebooks without running them
//	machine    the kernels and the data that notebooks need
//	gateway    kernels that run elsewhere
//	check      outputs compared with those stored
//	cover      which lines the cells reached
//	sweep      a notebook for each point of a sweep
//	shard      which of the notebooks are this job's
//	show       what is printed meanwhile
package run

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/batch"
	reports "github.com/gocifar/gocifar/kernel/execute/report"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Command is `kernel run`.
func Command() command.Command {
	return command.Command{
		Name: "run", Summary: "execute notebooks headlessly into a folder of results", Arguments: "NOTEBOOK...",
		About: about, RunsCells: true,
		Declare: func(flags *command.Flags) command.Action {
			var f flagValues
			f.declare(flags)
			return func(ctx context.Context, args []string) error {
				flags.Visit(func(set *flag.Flag) { f.outputSet = f.outputSet || set.Name == "output" })
				return f.run(ctx, args)
			}
		},
	}
}

func (f *flagValues) run(ctx context.Context, paths []string) error {
	jobs, err := batch.Find(paths)
	if err == nil {
		err = f.check(jobs)
	}
	if err == nil {
		err = f.openGateway()
	}
	if err != nil {
		return err
	}
	for i := range jobs {
		if err := jobs[i].Load(ctx, os.Stdin); err != nil {
			return err
		}
	}
	switch {
	case f.inspect:
		return f.printParameters(ctx, os.Stdout, jobs)
	case f.clear:
		return f.clearOutputs(jobs)
	}
	if jobs, err = f.sweep(ctx, jobs); err != nil {
		return err
	}
	if err := f.prepareDocuments(ctx, jobs); err != nil {
		return err
	}
	mine, shard, err := f.share(jobs)
	if err != nil {
		return err
	}
	if f.prepareOnly {
		return f.writeAll(mine)
	}
	return f.execute(ctx, mine, shard)
}

// execute runs the notebooks, which may be a shard.
func (f *flagValues) execute(ctx context.Context, jobs []batch.Job, shard *reports.IndexShard) error {
	stored, err := f.stored(jobs)
	if err != nil {
		return err
	}
	machine, err := f.prepareMachine(ctx, jobs)
	if err != nil {
		return err
	}
	cover, err := f.startCoverage(shard)
	if err != nil {
		return err
	}
	observer, endDisplay := f.observer()
	force, stopForce := forceOnSecondSignal()
	defer stopForce()
	title := "Executed notebooks"
	if f.sweepFile != "" {
		title = "Sweep " + filepath.Base(f.sweepFile) + " of " + filepath.Base(f.swept)
	}
	results := &results{flagValues: f, observer: observer, stored: stored,
		index: &reports.Index{Title: title, Shard: shard}}
	for _, job := range jobs {
		results.names = append(results.names, job.Name)
	}
	err = batch.Run(ctx, jobs, batch.Options{
		Output: f.folder(), Parallel: f.parallel, Done: results.add,
		Execute: func(job batch.Job) (execute.Options, error) {
			options, err := f.options(job, machine, observer, force)
			options.Env = append(options.Env, cover.env(job.Name)...)
			return options, err
		},
	})
	endDisplay()
	return errors.Join(err, results.end(), cover.end())
}

// results take in what became of each notebook.
type results struct {
	*flagValues
	observer execute.Observer
	index    *reports.Index
	names    []string                      // of the notebooks, in order
	stored   map[string]*nbformat.Notebook // documents before the run, for -check
	err      error                         // of a file that could not be written
}

// add is batch.Options.Done.
func (r *results) add(job batch.Job, result *execute.Result, err error) error {
	if r.checks && result != nil {
		err = errors.Join(err, r.compare(job, result))
	}
	if r.toStdout() && result != nil {
		if _, writeErr := os.Stdout.Write(result.Notebook.Encode()); writeErr != nil {
			err = errors.Join(err, &execute.SaveError{Reason: writeErr})
		}
	}
	r.index.Add(job.Name, result, err)
	r.index.Notebooks[len(r.index.Notebooks)-1].Parameters = r.pointOf(job)
	r.index.Sort(r.names)
	r.write()
	return err
}

// write writes the page of results.
func (r *results) write() {
	r.index.Generated = time.Now()
	if r.folder() != "" {
		r.err = r.index.Write(r.folder())
	}
}

// end writes what belongs to all notebooks.
func (r *results) end() error {
	if len(r.names) == 0 {
		fmt.Fprintf(os.Stderr, "note: shard %s has no notebook: there are fewer notebooks than shards\n", r.shard)
		r.write() // the others are joined with it
	}
	err := r.err
	if r.junit != "" {
		err = errors.Join(err, r.index.WriteJUnit(r.junit))
	}
	if err != nil {
		return &execute.SaveError{Reason: err}
	}
	return nil
}

// folder is where results go, "" for the standard output.
func (f *flagValues) folder() string {
	if f.toStdout() {
		return ""
	}
	return f.output
}

// toStdout tells whether the result goes to the standard output: by -output -,
// and by itself if the notebook comes from the standard input.
func (f *flagValues) toStdout() bool { return f.output == batch.Stdin || f.fromStdin && !f.outputSet }

// check refuses flags that make no sense together.
func (f *flagValues) check(jobs []batch.Job) error {
	for _, job := range jobs {
		f.fromStdin = f.fromStdin || job.Path == batch.Stdin
	}
	switch {
	case f.profile != "" && f.profile != "full" && f.profile != "quick":
		return command.Usagef("-profile is %q, want full or quick", f.profile)
	case f.toStdout() && len(jobs) > 1:
		return command.Usagef("the standard output takes one notebook, not %d: give an -output folder", len(jobs))
	case f.toStdout() && f.json && !f.inspect:
		return command.Usagef("-json and the notebook cannot both go to the standard output: give an -output folder")
	case (f.opts.Resume || f.fromCell > 0) && len(jobs) > 1 && f.fromCell > 0:
		return command.Usagef("-from-cell is for one notebook, not %d", len(jobs))
	case f.shard != "" && f.toStdout():
		return command.Usagef("-shard needs an -output folder: the standard output takes one notebook")
	case f.sweepFile != "" && (len(jobs) > 1 || f.fromStdin || f.toStdout()):
		return command.Usagef("-sweep runs one notebook, which is a file or an address, into an -output folder")
	case f.sweepFile != "" && (f.checks || f.fromCell > 0 || f.clear):
		return command.Usagef("-sweep runs the whole notebook for each point: leave out -check, -from-cell and -clear")
	case len(f.durations) > 0 && f.shard == "":
		return command.Usagef("-durations is for -shard")
	case f.opts.Resume && f.toStdout():
		return command.Usagef("-resume needs the -output folder of the earlier run")
	case f.fromCell < 0:
		return command.Usagef("-from-cell is %d, want the number of a code cell, from 1", f.fromCell)
	}
	return nil
}
