package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/batch"
	"github.com/gocifar/gocifar/kernel/execute/check"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// machine is what the notebooks that are written for this module's kernel need.
type machine struct {
	environment *setup.Environment // nil when no notebook needs it
	env         []string
	log         io.Writer // of the kernels
}

// ownKernel tells whether a notebook runs on the kernel that setup provides: it asks for it, for stock GoNB, of which
// ours is a better equipped one, or for nothing in particular but Go.
func (f *runFlags) ownKernel(nb *nbformat.Notebook) bool {
	name := nb.KernelName()
	if f.kernel != "" {
		name = f.kernel
	}
	switch name {
	case setup.KernelName, setup.LiveKernelName, "gonb":
		return true
	case "":
		return nb.Language() == "go"
	}
	return false
}

// live tells whether a notebook that runs on our kernels is to run on the live one: wherever there is one, whichever of
// our kernels the notebook names, but not from a cell in the middle, for which the values of those before it are missing.
func (f *runFlags) live(nb *nbformat.Notebook) bool {
	if f.kernel != "" {
		return f.kernel == setup.LiveKernelName
	}
	return f.fromCell == 0 && library.Supported() == nil || nb.KernelName() == setup.LiveKernelName
}

// needsLive tells whether a notebook can run on no other kernel of ours.
func (f *runFlags) needsLive(nb *nbformat.Notebook) bool {
	return f.kernel == setup.LiveKernelName || f.kernel == "" && nb.KernelName() == setup.LiveKernelName
}

// prepareMachine sets up the kernel and the data, if there are notebooks that want them.
func (f *runFlags) prepareMachine(ctx context.Context, jobs []batch.Job) (*machine, error) {
	var m machine
	if f.kernelLog != "" {
		log, err := os.OpenFile(f.kernelLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, &execute.SaveError{Reason: err}
		}
		m.log = log // until this process ends
	}
	needsKernel, takesLive, needsLive, needsData := false, false, false, false
	for _, job := range jobs {
		if f.ownKernel(job.Notebook) {
			needsKernel = true
			takesLive = takesLive || f.live(job.Notebook)
			needsLive = needsLive || f.needsLive(job.Notebook)
			needsData = needsData || setup.NeedsData(job.Notebook.Encode())
		}
	}
	if !needsKernel {
		return &m, nil
	}
	progress := setup.NewProgress(os.Stderr)
	environment, err := setup.Ensure(ctx, setup.Options{Live: takesLive, Progress: progress})
	if err != nil && takesLive && !needsLive && ctx.Err() == nil {
		live := err
		if environment, err = setup.Ensure(ctx, setup.Options{Progress: progress}); err == nil {
			fmt.Fprintf(os.Stderr, "warning: the live kernel cannot be had, so notebooks run on GoNB: %v\n", live)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, warning := range environment.Warnings {
		fmt.Fprintln(os.Stderr, "warning:", warning)
	}
	m.environment = environment
	if needsData {
		data, err := environment.PrepareData(ctx, f.data, progress)
		if err != nil {
			return nil, err
		}
		m.env = append(m.env, "CIFAR10_DIR="+data)
	}
	return &m, nil
}

// options are one notebook's.
func (f *runFlags) options(job batch.Job, m *machine, observer execute.Observer, force <-chan struct{}) (execute.Options, error) {
	opts := execute.Options{
		Kernel: f.kernel, Dir: f.cwd, CellTimeout: f.timeout, TotalTimeout: f.totalTimeout,
		StartTimeout: f.startTimeout, HangTimeout: f.hangTimeout, AllowErrors: f.allowErrors, AllowErrorNames: f.allow,
		ForceErrors: f.forceErrors, StrictRaises: f.strict, AllowShellFailures: f.allowShell, SkipTags: f.skip,
		OnlyTags: f.only, Inputs: f.input, Observer: observer, Force: force, KernelLog: m.log, Basis: f.basis(),
	}
	if f.checks {
		opts.SkipTags = append([]string{check.SkipTag}, opts.SkipTags...)
	}
	if opts.Dir == "" && !job.Local() {
		opts.Dir = "."
	}
	opts.Env = append(opts.Env, "GOCIFAR_HEADLESS=1") // nobody moves a slider here
	if f.profile != "" {
		opts.Env = append(opts.Env, "GOCIFAR_PROFILE="+f.profile)
	}
	if m.environment != nil && f.ownKernel(job.Notebook) {
		opts.Kernel = m.environment.Kernelspec
		opts.SpecDirs = []string{filepath.Dir(m.environment.SpecDir)}
		if f.live(job.Notebook) && m.environment.LiveKernelspec != "" {
			opts.Kernel = m.environment.LiveKernelspec
			opts.SpecDirs = []string{filepath.Dir(m.environment.LiveSpecDir)}
		}
		opts.Env = append(opts.Env, m.env...)
	}
	opts.Env = append(opts.Env, f.env...)
	return opts, f.startAt(job, &opts)
}

// startAt says where a run begins that does not begin at the start.
func (f *runFlags) startAt(job batch.Job, opts *execute.Options) error {
	if f.fromCell > 0 {
		index := job.Notebook.CodeCell(f.fromCell)
		if index < 0 {
			return &execute.UsageError{Reason: fmt.Errorf("%s: there is no code cell %d, there are %d",
				job.Path, f.fromCell, job.Notebook.CodeCells())}
		}
		opts.From = index
	}
	if !f.resume && f.fromCell == 0 || f.folder() == "" {
		return nil
	}
	earlier, err := nbformat.ReadFile(job.Output(f.folder()))
	if err == nil {
		opts.Earlier, opts.Resume = earlier, f.resume && f.fromCell == 0
	}
	return nil // without an earlier result there is nothing to take over
}

// basis is what results depend on besides the notebook, see execute.Options.Basis. Variables may be secrets: their names
// must do.
func (f *runFlags) basis() string {
	var parts []string
	for name, value := range map[string]string{"kernel": f.kernel, "profile": f.profile, "data": f.data} {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	for _, entry := range f.env {
		name, _, _ := strings.Cut(entry, "=")
		parts = append(parts, "env "+name)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
