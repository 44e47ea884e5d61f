package run

import (
	"fmt"
	"regexp"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/batch"
	"github.com/gocifar/gocifar/kernel/execute/check"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// stored keeps the documents of -check as they are before the run.
func (f *flagValues) stored(jobs []batch.Job) (map[string]*nbformat.Notebook, error) {
	if !f.checks {
		return nil, nil
	}
	documents := map[string]*nbformat.Notebook{}
	for _, job := range jobs {
		if !check.HasOutputs(job.Notebook) {
			return nil, command.Usagef("%s: nothing to compare with: no cell has an output or was ever run", job.Path)
		}
		documents[job.Name] = job.Notebook.Clone()
	}
	_, err := f.checkOptions()
	return documents, err
}

// checkOptions are the flags that belong to -check.
func (f *flagValues) checkOptions() (check.Options, error) {
	opts := check.Options{Tolerance: f.tolerance, Pixel: f.pixel}
	for _, text := range f.ignore {
		pattern, err := regexp.Compile(text)
		if err != nil {
			return opts, command.Usagef("-ignore: %w", err)
		}
		opts.Ignore = append(opts.Ignore, pattern)
	}
	return opts, nil
}

// compare is -check for one notebook: every difference is shown as a failure of
// its cell, and in the reports as well.
func (r *results) compare(job batch.Job, result *execute.Result) error {
	stored := r.stored[job.Name]
	opts, err := r.checkOptions()
	if err != nil {
		return err
	}
	differences, err := check.Outputs(stored, result, opts)
	if err != nil {
		return command.Usagef("%s: %w", job.Path, err)
	}
	for _, d := range differences {
		failure := &execute.Failure{
			Class: execute.ClassOutputs, Name: execute.ClassOutputs,
			Value: d.Where + " is not what is stored", Detail: d.Text,
		}
		if cell := &result.Cells[d.Index]; cell.Failure == nil {
			cell.State, cell.Failure, cell.Allowed = execute.Failed, failure, false
		}
		r.observer(execute.CellError{
			CellRef: execute.CellRef{
				Path: job.Path, Index: d.Index, Number: d.Number, Of: stored.CodeCells(), Cell: stored.Cells[d.Index],
			},
			Failure: failure, At: time.Now(),
		})
	}
	if len(differences) > 0 {
		return fmt.Errorf("%s: %d outputs are not those stored", job.Path, len(differences))
	}
	return nil
}
