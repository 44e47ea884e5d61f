package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/gocifar/gocifar/kernel/execute"
)

// Options say how notebooks are run.
type Options struct {
	// Output is the folder of results; "" saves none.
	Output string
	// Parallel is how many notebooks run at a time, at least 1. Each has a
	// kernel of its own.
	Parallel int
	// Execute are the options of one notebook; nil are the zero ones. Output is
	// set by Run.
	Execute func(Job) (execute.Options, error)
	// Done is told of each notebook that has ended, one at a time, and returns
	// the error that it ended with, which may be a graver one; it may be nil.
	Done func(Job, *execute.Result, error) error
}

// Run runs the notebooks in order, up to opts.Parallel at a time, and saves
// each below opts.Output, as it grows. One that fails does not keep the others
// from running. The error is nil if all went well, else those of the notebooks,
// joined in their order; execute.ExitCode picks the gravest.
func Run(ctx context.Context, jobs []Job, opts Options) error {
	if opts.Output != "" {
		if err := os.MkdirAll(opts.Output, 0o755); err != nil {
			return &execute.SaveError{Reason: err}
		}
	}
	var (
		errs    = make([]error, len(jobs))
		queue   = make(chan int)
		workers sync.WaitGroup
		done    sync.Mutex
	)
	for range max(1, min(opts.Parallel, len(jobs))) {
		workers.Go(func() {
			for i := range queue {
				result, err := one(ctx, jobs[i], opts)
				done.Lock()
				if opts.Done != nil {
					err = opts.Done(jobs[i], result, err)
				}
				done.Unlock()
				errs[i] = err
			}
		})
	}
	for i := range jobs {
		if ctx.Err() != nil {
			errs[i] = context.Cause(ctx)
			break
		}
		select {
		case queue <- i:
		case <-ctx.Done():
			errs[i] = context.Cause(ctx)
		}
	}
	close(queue)
	workers.Wait()
	return errors.Join(errs...)
}

func one(ctx context.Context, job Job, opts Options) (*execute.Result, error) {
	var options execute.Options
	if opts.Execute != nil {
		var err error
		if options, err = opts.Execute(job); err != nil {
			return nil, err
		}
	}
	if opts.Output == "" {
		return job.run(ctx, options)
	}
	options.Output = job.Output(opts.Output)
	if same(job.Path, options.Output) {
		return nil, &execute.UsageError{
			Reason: fmt.Errorf("%s would overwrite itself: choose another folder for the results", job.Path),
		}
	}
	if err := os.MkdirAll(filepath.Dir(options.Output), 0o755); err != nil {
		return nil, &execute.SaveError{Reason: err}
	}
	return job.run(ctx, options)
}

func (j Job) run(ctx context.Context, options execute.Options) (*execute.Result, error) {
	if j.Notebook != nil {
		return execute.Document(ctx, j.Path, j.Notebook, options)
	}
	return execute.Notebook(ctx, j.Path, options)
}

func same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
