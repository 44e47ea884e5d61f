package run

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/batch"
	"github.com/gocifar/gocifar/kernel/execute/check"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// machine is what the notebooks that are written for this module's kernel need.
type machine struct {
	environment *setup.Environment // nil when no notebook needs it
	env         []string
	log         io.Writer // of the kernels
}

// choose returns the kernel of ours that a notebook runs on, see
// kernels.Choose.
func (f *flagValues) choose(nb *nbformat.Notebook) (k *kernels.Kernel, firm bool) {
	return kernels.Choose(kernels.Wish{
		Asked: f.opts.Kernel, Named: nb.KernelName(), Language: nb.Language(), Middle: f.fromCell > 0,
	})
}

// prepareMachine sets up the kernels and the data, if there are notebooks that
// want them.
func (f *flagValues) prepareMachine(ctx context.Context, jobs []batch.Job) (*machine, error) {
	var m machine
	if f.kernelLog != "" {
		log, err := os.OpenFile(f.kernelLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, &execute.SaveError{Reason: err}
		}
		m.log = log // until this process ends
	}
	if f.opts.Gateway != nil {
		if f.data != "" {
			m.env = append(m.env, "CIFAR10_DIR="+f.data)
		}
		return &m, nil
	}
	options := setup.Options{Fallback: true, Packages: true, Progress: setup.NewProgress(os.Stderr)}
	needsData := false
	for _, job := range jobs {
		if k, firm := f.choose(job.Notebook); k != nil {
			options.Kernels = append(options.Kernels, k)
			options.Fallback = options.Fallback && !firm
			needsData = needsData || setup.NeedsData(job.Notebook.Encode())
		}
	}
	if len(options.Kernels) == 0 {
		return &m, nil
	}
	environment, err := setup.Ensure(ctx, options)
	if err != nil {
		return nil, err
	}
	command.PrintWarnings(environment.Warnings)
	m.environment = environment
	if needsData {
		data, err := environment.PrepareData(ctx, f.data, options.Progress)
		if err != nil {
			return nil, err
		}
		m.env = append(m.env, "CIFAR10_DIR="+data)
	}
	return &m, nil
}

// options are one notebook's.
func (f *flagValues) options(
	job batch.Job, m *machine, observer execute.Observer, force <-chan struct{},
) (execute.Options, error) {
	opts := f.opts
	opts.Observer, opts.Force, opts.KernelLog, opts.Basis = observer, force, m.log, f.basis()
	opts.NoCosts = !f.costs
	if f.checks {
		opts.SkipTags = append([]string{check.SkipTag}, opts.SkipTags...)
	}
	if opts.Dir == "" && !job.Local() {
		opts.Dir = "."
	}
	opts.Env = []string{"GOCIFAR_HEADLESS=1"} // nobody moves a slider here
	if f.profile != "" {
		opts.Env = append(opts.Env, "GOCIFAR_PROFILE="+f.profile)
	}
	runs, err := f.runsOf(job)
	if err != nil {
		return opts, err
	}
	opts.Env = append(opts.Env, runs...)
	if k, _ := f.choose(job.Notebook); k != nil {
		if f.opts.Gateway == nil {
			ready := m.environment.Kernel(k)
			opts.Kernel, opts.SpecDirs = ready.Name, []string{filepath.Dir(ready.SpecDir)}
		}
		opts.Env = append(opts.Env, m.env...)
		opts.Env = append(opts.Env, kernels.RequireVariable+"="+strings.Join(execute.Require(job.Notebook), " "))
	}
	opts.Env = append(opts.Env, f.opts.Env...)
	return opts, f.startAt(job, &opts)
}

// startAt says where a run begins that does not begin at the start.
func (f *flagValues) startAt(job batch.Job, opts *execute.Options) error {
	if f.fromCell > 0 {
		index := job.Notebook.CodeCell(f.fromCell)
		if index < 0 {
			return command.Usagef("%s: there is no code cell %d, there are %d",
				job.Path, f.fromCell, job.Notebook.CodeCells())
		}
		opts.From = index
	}
	opts.Resume = false // without an earlier result there is nothing to take over
	if !f.opts.Resume && f.fromCell == 0 || f.folder() == "" {
		return nil
	}
	if earlier, err := nbformat.ReadFile(job.Output(f.folder())); err == nil {
		opts.Earlier, opts.Resume = earlier, f.opts.Resume && f.fromCell == 0
	}
	return nil
}

// basis is what results depend on besides the notebook, see
// execute.Options.Basis. Variables may be secrets: their names must do.
func (f *flagValues) basis() string {
	var parts []string
	for name, value := range map[string]string{"kernel": f.opts.Kernel, "profile": f.profile, "data": f.data} {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	for _, entry := range f.opts.Env {
		name, _, _ := strings.Cut(entry, "=")
		parts = append(parts, "env "+name)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
