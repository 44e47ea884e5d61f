package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/batch"
	"github.com/gocifar/gocifar/kernel/execute/parameters"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// What `kernel run` does to documents without running them.

// printParameters is -inspect.
func (f *flagValues) printParameters(ctx context.Context, out io.Writer, jobs []batch.Job) error {
	type entry struct {
		Path       string                 `json:"path"`
		Parameters []parameters.Parameter `json:"parameters"`
	}
	var all []entry
	for _, job := range jobs {
		list, err := parameters.Inspect(ctx, job.Notebook, f.opts.Kernel, modulesOf(job)...)
		if err != nil {
			return command.Usagef("%s: %w", job.Path, err)
		}
		all = append(all, entry{job.Path, append([]parameters.Parameter{}, list...)})
	}
	if f.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", " ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(all)
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, e := range all {
		fmt.Fprintf(table, "%s\n", e.Path)
		if len(e.Parameters) == 0 {
			fmt.Fprintf(table, "  no cell tagged %q declares a parameter\n", parameters.Tag)
		}
		for _, p := range e.Parameters {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", p.Name, p.Type, p.Default, p.Help)
		}
	}
	return table.Flush()
}

// prepareDocuments sets the parameters and hides the code, as the flags ask.
func (f *flagValues) prepareDocuments(ctx context.Context, jobs []batch.Job) error {
	values, err := f.values()
	if err != nil {
		return &execute.UsageError{Reason: err}
	}
	for _, job := range jobs {
		values := append(slices.Clip(values), f.points[job.Name]...)
		warnings, err := parameters.Inject(ctx, job.Notebook, f.opts.Kernel, values, modulesOf(job)...)
		if err != nil {
			return command.Usagef("%s: %w", job.Path, err)
		}
		for _, w := range warnings {
			fmt.Fprintf(os.Stderr, "warning: %s: %s\n", job.Path, w)
		}
		if !f.reportMode {
			continue
		}
		for _, cell := range job.Notebook.Cells {
			if cell.Type() == nbformat.Code {
				cell.Metadata().Ensure("jupyter").Set("source_hidden", true)
			}
		}
	}
	return nil
}

// modulesOf are the folders whose modules know the packages of a notebook's
// cells: its own, and this checkout, whose packages our kernels give to every
// notebook.
func modulesOf(job batch.Job) []string {
	if job.Local() {
		return []string{filepath.Dir(job.Path), "."}
	}
	return []string{"."}
}

// values are the parameters that the flags give: of files first, so that others
// override them.
func (f *flagValues) values() ([]parameters.Value, error) {
	var all []parameters.Value
	for _, path := range f.parameterFiles {
		values, err := parameters.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, values...)
	}
	for _, text := range f.parameters {
		value, err := parameters.ParseFlag(text)
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	for _, text := range f.rawParameters {
		value, err := parameters.ParseRaw(text)
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	return all, nil
}

// clearOutputs is -clear.
func (f *flagValues) clearOutputs(jobs []batch.Job) error {
	for _, job := range jobs {
		execute.Clear(job.Notebook)
	}
	if f.outputSet || f.fromStdin {
		return f.writeAll(jobs)
	}
	var errs []error
	for _, job := range jobs {
		if !job.Local() {
			return command.Usagef("%s is no file that could be cleared in place: give an -output folder", job.Path)
		}
		if err := job.Notebook.WriteFile(job.Path); err != nil {
			errs = append(errs, &execute.SaveError{Reason: err})
		}
	}
	return errors.Join(errs...)
}

// writeAll writes the documents as they are into the folder of results.
func (f *flagValues) writeAll(jobs []batch.Job) error {
	for _, job := range jobs {
		var err error
		if f.toStdout() {
			_, err = os.Stdout.Write(job.Notebook.Encode())
		} else {
			path := job.Output(f.folder())
			if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
				err = job.Notebook.WriteFile(path)
			}
		}
		if err != nil {
			return &execute.SaveError{Reason: err}
		}
	}
	return nil
}
