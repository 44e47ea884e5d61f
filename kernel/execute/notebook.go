// Package execute runs notebooks on Jupyter kernels without a front end, as
// nbclient and papermill do.
//
// [Notebook] runs a file, [Document] a document in memory. What happens is told
// to an [Observer] while it happens; the executed document is saved after each
// cell, always whole, and on every error too. In its metadata each cell says
// truly what became of it ([State]).
//
// Outputs are assembled as JupyterLab does it: consecutive texts of a stream
// become one, carriage returns and backspaces act, clear_output clears, and
// displays are updated wherever they stand. A message belongs to the cell whose
// request caused it, also when it comes late.
package execute

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Starter starts a kernel and returns when it is ready. The name is a
// kernelspec's, dir the working directory, env variables over this process's
// environment.
type Starter func(ctx context.Context, name, dir string, env []string) (*jupyter.Kernel, error)

// Notebook runs the notebook in a file. The result is there, and the notebook
// saved to opts.Output, also when the error says that a cell failed; both are
// nil only when there is no notebook to run. The error is a *CellFailedError, a
// *TimeoutError, a *KernelDiedError, a *StartError, a *UsageError, perhaps
// joined with a *SaveError, or the context's; [ExitCode] sorts them.
func Notebook(ctx context.Context, path string, opts Options) (*Result, error) {
	nb, err := nbformat.ReadFile(path)
	if err != nil {
		return nil, &UsageError{err}
	}
	return Document(ctx, path, nb, opts)
}

// Document runs a document in memory and changes it. The path names it in
// messages, and its folder is where the kernel runs unless opts.Dir says
// otherwise.
func Document(ctx context.Context, path string, nb *nbformat.Notebook, opts Options) (*Result, error) {
	opts = opts.withDefaults()
	given := opts.Dir
	if opts.Dir == "" {
		opts.Dir = defaultDir(path)
	}
	if opts.Gateway != nil {
		opts.Start = opts.remoteStart(given)
	} else if info, err := os.Stat(opts.Dir); err != nil || !info.IsDir() {
		return nil, &UsageError{fmt.Errorf("%s: working directory %s is no folder", path, opts.Dir)}
	}
	r := &run{
		path: path, nb: nb, opts: opts, outputs: newOutputs(), inputs: opts.Inputs,
		result:  &Result{Path: path, Notebook: nb, Started: time.Now()},
		touched: map[*cellOutputs]bool{},
		save:    newSaver(opts.Output, nb),
	}
	if opts.TotalTimeout > 0 {
		r.total = time.After(opts.TotalTimeout)
	}
	nb.EnsureIDs()
	r.takeOver()
	r.prepare()
	r.listen()
	err := r.withKernel(ctx)
	err = r.finish(err)
	if err != nil {
		r.observe(NotebookError{Path: path, Err: err, At: time.Now()})
	}
	r.observe(NotebookComplete{Path: path, Result: r.result, At: time.Now()})
	return r.result, err
}

// withKernel starts the kernel, runs the cells and ends it.
func (r *run) withKernel(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if r.opts.Resume && r.opts.From == len(r.nb.Cells) {
		return nil // all is there already
	}
	if err := r.start(ctx, r.kernelName()); err != nil {
		if context.Cause(ctx) != nil {
			return context.Cause(ctx)
		}
		return err
	}
	ending := context.WithoutCancel(ctx)
	watch, stopWatch := context.WithCancel(ending)
	defer stopWatch()
	if r.opts.HangTimeout > 0 {
		r.hung = watchHeart(watch, r.kernel, r.opts.HangTimeout)
	}
	r.storeLanguage()
	r.observe(NotebookStart{
		Path: r.path, Notebook: r.nb, Kernel: r.result.Kernel, Cells: r.codeCells, At: time.Now(),
	})
	err := r.replay(ctx)
	if err == nil {
		err = r.cells(ctx)
	}
	var died *KernelDiedError
	if !errors.As(err, &died) {
		r.kernel.Drain(lateQuiet, lateMost, func(e jupyter.Event) bool {
			return (e.Err == nil || e.Content != nil) && r.outputs.handle(e)
		})
	}
	stopWatch()
	r.shutdown(ending)
	return err
}

// lateQuiet and lateMost bound the wait for output after the last cell: GoNB
// reads displays from a pipe without waiting for its end, and threads of other
// kernels print when they like.
const (
	lateQuiet = 100 * time.Millisecond
	lateMost  = 2 * time.Second
)

// kernelName is the kernelspec that runs the notebook: the options', else the
// document's, else Jupyter's default.
func (r *run) kernelName() string {
	switch {
	case r.opts.Kernel != "":
		return r.opts.Kernel
	case r.nb.KernelName() != "":
		return r.nb.KernelName()
	}
	return "python3"
}

func (r *run) start(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.opts.StartTimeout,
		fmt.Errorf("it was not ready within %v", r.opts.StartTimeout))
	defer cancel()
	start := r.opts.Start
	if start == nil {
		start = r.launch
	}
	var err error
	if r.opts.Gateway != nil {
		if name, err = r.remoteName(ctx, name); err != nil {
			return err
		}
	}
	kernel, err := start(ctx, name, r.opts.Dir, r.opts.Env)
	if err != nil {
		return &StartError{Path: r.path, Kernel: name, Reason: err}
	}
	r.kernel, r.info = kernel, kernel.Info
	r.gonb = r.info.Implementation == "gonb"
	r.result.Kernel = KernelInfo{
		Name: name, Implementation: r.info.Implementation, Version: r.info.ImplementationVersion,
		Language: r.info.LanguageInfo.Name,
	}
	return nil
}

// launch starts the kernel of a kernelspec.
func (r *run) launch(ctx context.Context, name, dir string, env []string) (*jupyter.Kernel, error) {
	spec, err := jupyter.FindSpec(name, r.opts.SpecDirs...)
	if err != nil {
		return nil, err
	}
	return jupyter.Launch(ctx, jupyter.LaunchOptions{
		Spec: withoutHistory(spec), Dir: dir, Env: env, StartTimeout: r.opts.StartTimeout, Log: r.opts.KernelLog,
	})
}

// shutdownTime bounds the kernel's end: request, SIGTERM, SIGKILL.
const shutdownTime = 10 * time.Second

func (r *run) shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shutdownTime)
	defer cancel()
	if r.opts.Force != nil {
		hurry, stop := context.WithCancel(ctx)
		defer stop()
		ctx = hurry
		go func() {
			select {
			case <-r.opts.Force:
				stop()
			case <-hurry.Done():
			}
		}()
	}
	err := r.kernel.Shutdown(ctx)
	r.drainRest()
	r.kernel.Close()
	if err != nil {
		r.warn(nil, "ending the kernel: "+err.Error())
	}
}

// firstBeat is how long a kernel that is ready may take to answer its first
// heartbeat, before anything runs.
const firstBeat = 500 * time.Millisecond

// watchHeart tells when the kernel's heartbeat has failed for as long as limit.
// A kernel that never answered has no heartbeat to watch.
func watchHeart(ctx context.Context, kernel *jupyter.Kernel, limit time.Duration) <-chan error {
	hung := make(chan error, 1)
	answered := time.Time{}
	first, cancel := context.WithTimeout(ctx, min(firstBeat, limit))
	if _, err := kernel.Ping(first); err == nil {
		answered = time.Now()
	}
	cancel()
	go func() {
		looked := time.Now()
		for ctx.Err() == nil {
			if time.Since(looked) > limit { // this process stood still itself, and perhaps the kernel with it
				answered = time.Now()
			}
			looked = time.Now()
			ping, cancel := context.WithTimeout(ctx, limit/2)
			_, err := kernel.Ping(ping)
			cancel()
			switch {
			case err == nil:
				answered = time.Now()
			case !answered.IsZero() && time.Since(answered) > limit && time.Since(looked) < limit:
				hung <- fmt.Errorf("no heartbeat for %v", time.Since(answered).Round(time.Millisecond))
				return
			}
			select {
			case <-time.After(limit / 10):
			case <-ctx.Done():
			}
		}
	}()
	return hung
}
