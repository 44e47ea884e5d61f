package run

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/batch"
	"github.com/gocifar/gocifar/kernel/execute/parameters"
	reports "github.com/gocifar/gocifar/kernel/execute/report"
	"github.com/gocifar/gocifar/kernel/internal/command"
)

// sweep makes of the notebook one for each point of -sweep, in a folder that is
// called as the notebook.
func (f *flagValues) sweep(ctx context.Context, jobs []batch.Job) ([]batch.Job, error) {
	if f.sweepFile == "" {
		return jobs, nil
	}
	points, err := parameters.ReadPoints(f.sweepFile)
	if err != nil {
		return nil, &execute.UsageError{Reason: err}
	}
	job := jobs[0]
	if err := f.checkSwept(ctx, job, points); err != nil {
		return nil, err
	}
	f.points, f.swept = map[string]parameters.Point{}, job.Path
	folder := strings.TrimSuffix(job.Name, ".ipynb")
	var all []batch.Job
	for _, point := range points {
		name := point.FileName()
		one := batch.Job{
			Path: fmt.Sprintf("%s[%s]", job.Path, name), Name: path.Join(folder, name+".ipynb"), Notebook: job.Notebook.Clone(),
		}
		f.points[one.Name] = point
		all = append(all, one)
	}
	return all, nil
}

// checkSwept refuses names that are no parameters of the notebook, also where
// the notebook's language would take them, and those that have a value already.
func (f *flagValues) checkSwept(ctx context.Context, job batch.Job, points []parameters.Point) error {
	declared, err := parameters.Inspect(ctx, job.Notebook, f.opts.Kernel, modulesOf(job)...)
	if err != nil {
		return command.Usagef("%s: %w", job.Path, err)
	}
	var names []string
	for _, p := range declared {
		names = append(names, p.Name)
	}
	fixed, err := f.values()
	if err != nil {
		return &execute.UsageError{Reason: err}
	}
	for _, point := range points {
		for _, v := range point {
			switch {
			case len(names) == 0:
				return command.Usagef("sweep %s: %s has no cell tagged %q that declares %s", f.sweepFile, job.Path,
					parameters.Tag, v.Name)
			case !slices.Contains(names, v.Name):
				return command.Usagef("sweep %s: %s is no parameter of %s, which has %s", f.sweepFile, v.Name, job.Path,
					strings.Join(names, ", "))
			case slices.ContainsFunc(fixed, func(other parameters.Value) bool { return other.Name == v.Name }):
				return command.Usagef("%s is set by the sweep %s and by another flag: leave one out", v.Name, f.sweepFile)
			}
		}
	}
	return nil
}

// pointOf is a point as the index has it, nil if there is no sweep.
func (f *flagValues) pointOf(job batch.Job) []reports.IndexValue {
	var values []reports.IndexValue
	for _, v := range f.points[job.Name] {
		values = append(values, reports.IndexValue{Name: v.Name, Value: v.JSON()})
	}
	return values
}

// runsOf are variables that give the training runs of a point a place of their
// own: points that train a model of the same name must not go on with each
// other's. A point that was killed goes on with its own. A kernel of a gateway
// has other folders.
func (f *flagValues) runsOf(job batch.Job) ([]string, error) {
	if _, ok := f.points[job.Name]; !ok || f.opts.Gateway != nil {
		return nil, nil
	}
	dir, err := filepath.Abs(strings.TrimSuffix(job.Output(f.folder()), ".ipynb") + ".runs")
	if err != nil {
		return nil, &execute.SaveError{Reason: err}
	}
	return []string{"GOCIFAR_RUNS=" + dir}, nil
}
