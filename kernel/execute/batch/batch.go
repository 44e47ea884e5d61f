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
	// Output is the folder of results.
	Output string
	// Parallel is how many notebooks run at a time, at least 1. Each has a kernel of its own.
	Parallel int
	// Execute are the options of one notebook; nil are the zero ones. Output is set by Run.
	Execute func(Job) (execute.Options, error)
	// Done is told of each notebook that has ended, one at a time; may be nil.
	Done func(Job, *execute.Result, error)
}

// Run runs the notebooks in order, up to opts.Parallel at a time, and saves each below opts.Output, as it grows. One that
// fails does not keep the others from running. The error is nil if all went well, else those of the notebooks, joined in
// their order: its exit code is that of the first.
func Run(ctx context.Context, jobs []Job, opts Options) error {
	if err := os.MkdirAll(opts.Output, 0o755); err != nil {
		return &execute.SaveError{Reason: err}
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
				errs[i] = err
				done.Lock()
				if opts.Done != nil {
					opts.Done(jobs[i], result, err)
				}
				done.Unlock()
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
	options.Output = filepath.Join(opts.Output, filepath.FromSlash(job.Name))
	if same(job.Path, options.Output) {
		return nil, &execute.UsageError{Reason: fmt.Errorf("%s would overwrite itself: choose another folder for the results", job.Path)}
	}
	if err := os.MkdirAll(filepath.Dir(options.Output), 0o755); err != nil {
		return nil, &execute.SaveError{Reason: err}
	}
	return execute.Notebook(ctx, job.Path, options)
}

func same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
