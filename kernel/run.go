package main

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
	"github.com/gocifar/gocifar/kernel/nbformat"
	"github.com/gocifar/gocifar/kernel/setup"
)

// runFlags are the flags of `kernel run`.
type runFlags struct {
	output, kernel, cwd, profile, data string
	timeout, totalTimeout              time.Duration
	startTimeout                       time.Duration
	allowErrors, forceErrors, strict   bool
	allowShell, json, github           bool
	junit                              string
	parallel                           int
	env, allow, skip, only, input      listFlag
}

// listFlag is a flag that may be given several times.
type listFlag []string

func (l *listFlag) String() string { return fmt.Sprint(*l) }

// Set adds a value.
func (l *listFlag) Set(value string) error {
	*l = append(*l, value)
	return nil
}

func (f *runFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&f.output, "output", "executed", "`folder` for the executed notebooks")
	flags.StringVar(&f.kernel, "kernel", "", "`name` of the kernelspec to use instead of the notebook's")
	flags.StringVar(&f.cwd, "cwd", "", "working `folder` of the kernels, by default each notebook's own")
	flags.StringVar(&f.profile, "profile", "", "full or quick: sets GOCIFAR_PROFILE for the notebooks")
	flags.StringVar(&f.data, "data", "", "CIFAR-10: a `folder`, an archive, or the word builtin")
	flags.DurationVar(&f.timeout, "timeout", 0, "how long a cell may run, 0 for ever")
	flags.DurationVar(&f.totalTimeout, "total-timeout", 0, "how long a notebook may run, 0 for ever")
	flags.BoolVar(&f.allowErrors, "allow-errors", false, "go on after cells that fail")
	flags.DurationVar(&f.startTimeout, "start-timeout", time.Minute, "how long a kernel may take to start")
	flags.Var(&f.allow, "allow-error", "`name` of an error to go on after (ValueError; on GoNB CompileError, Panic, ExitError, …); may be repeated")
	flags.BoolVar(&f.forceErrors, "force-errors", false, "stop at any error, also in cells tagged raises-exception")
	flags.BoolVar(&f.strict, "strict-raises", false, "cells tagged raises-exception must raise")
	flags.BoolVar(&f.allowShell, "allow-shell-failures", false, "let failed shell commands pass, as GoNB does")
	flags.Var(&f.skip, "skip-tag", "do not run cells with this `tag`; may be repeated")
	flags.Var(&f.only, "only-tag", "run only cells with this `tag`; may be repeated")
	flags.Var(&f.input, "input", "`answer` to a cell's next request for input; may be repeated")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one object a line, instead of text")
	flags.BoolVar(&f.github, "github", false, "also print annotations for GitHub's workflows")
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML into this `file`")
	flags.IntVar(&f.parallel, "j", 1, "how many notebooks run at a time")
	flags.Var(&f.env, "env", "`NAME=value` for the kernels; may be repeated")
}

// runRun is `kernel run`.
func runRun(ctx context.Context, args []string) error {
	var f runFlags
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: go run ./kernel run [flags] NOTEBOOK|FOLDER...\n\n")
		flags.PrintDefaults()
	}
	f.define(flags)
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	return withExitCode(f.run(ctx, flags.Args()))
}

// exitError gives an error of a run its exit code.
type exitError struct{ error }

func (e exitError) ExitCode() int { return execute.ExitCode(e.error) }
func (e exitError) Unwrap() error { return e.error }

func withExitCode(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return exitError{err}
}

func (f *runFlags) run(ctx context.Context, paths []string) error {
	if f.profile != "" && f.profile != "full" && f.profile != "quick" {
		return &execute.UsageError{Reason: fmt.Errorf("-profile is %q, want full or quick", f.profile)}
	}
	jobs, err := batch.Find(paths)
	if err != nil {
		return err
	}
	machine, err := f.prepare(ctx, jobs)
	if err != nil {
		return err
	}
	observer := f.observer()
	index := &reports.Index{Title: "Executed notebooks"}
	var indexError error
	err = batch.Run(ctx, jobs, batch.Options{
		Output: f.output, Parallel: f.parallel,
		Done: func(job batch.Job, result *execute.Result, err error) {
			index.Add(job.Name, result, err)
			index.Generated = time.Now()
			indexError = index.Write(f.output)
		},
		Execute: func(job batch.Job) (execute.Options, error) { return f.options(job, machine, observer) },
	})
	if indexError != nil {
		err = errors.Join(err, &execute.SaveError{Reason: indexError})
	}
	return errors.Join(err, f.writeJUnit(index))
}

// observer shows what happens as the flags ask.
func (f *runFlags) observer() execute.Observer {
	show := (&reports.Lines{Out: os.Stdout, Prefix: f.parallel > 1, Name: filepath.Base}).Observe
	if f.json {
		show = (&reports.Events{Out: os.Stdout}).Observe
	}
	if !f.github {
		return show
	}
	annotate := (&reports.GitHub{Out: os.Stdout}).Observe
	return func(e execute.Event) {
		show(e)
		annotate(e)
	}
}

func (f *runFlags) writeJUnit(index *reports.Index) error {
	if f.junit == "" {
		return nil
	}
	raw, err := index.JUnit()
	if err == nil {
		err = nbformat.WriteFile(f.junit, raw)
	}
	if err != nil {
		return &execute.SaveError{Reason: err}
	}
	return nil
}

// machine is what the notebooks that are written for this module's kernel need.
type machine struct {
	environment *setup.Environment // nil when no notebook needs it
	env         []string
}

// ownKernel tells whether a notebook runs on the kernel that setup provides: it asks for it, for stock GoNB, of which
// ours is a better equipped one, or for nothing in particular but Go.
func (f *runFlags) ownKernel(nb *nbformat.Notebook) bool {
	name := nb.KernelName()
	if f.kernel != "" {
		name = f.kernel
	}
	switch name {
	case setup.KernelName, "gonb":
		return true
	case "":
		return nb.Language() == "go"
	}
	return false
}

// prepare sets up the kernel and the data, if there are notebooks that want them.
func (f *runFlags) prepare(ctx context.Context, jobs []batch.Job) (*machine, error) {
	var m machine
	needsKernel, needsData := false, false
	for _, job := range jobs {
		raw, err := os.ReadFile(job.Path)
		if err != nil {
			return nil, &execute.UsageError{Reason: err}
		}
		nb, err := nbformat.Parse(raw)
		if err != nil {
			return nil, &execute.UsageError{Reason: fmt.Errorf("notebook %s: %w", job.Path, err)}
		}
		if f.ownKernel(nb) {
			needsKernel = true
			needsData = needsData || setup.NeedsData(raw)
		}
	}
	if !needsKernel {
		return &m, nil
	}
	progress := setup.NewProgress(os.Stderr)
	environment, err := setup.Ensure(ctx, setup.Options{Progress: progress})
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
func (f *runFlags) options(job batch.Job, m *machine, observer execute.Observer) (execute.Options, error) {
	opts := execute.Options{
		Kernel: f.kernel, Dir: f.cwd, CellTimeout: f.timeout, TotalTimeout: f.totalTimeout,
		StartTimeout: f.startTimeout, AllowErrors: f.allowErrors, AllowErrorNames: f.allow, ForceErrors: f.forceErrors,
		StrictRaises: f.strict, AllowShellFailures: f.allowShell, SkipTags: f.skip, OnlyTags: f.only, Inputs: f.input,
		Observer: observer,
	}
	if f.profile != "" {
		opts.Env = append(opts.Env, "GOCIFAR_PROFILE="+f.profile)
	}
	nb, err := nbformat.ReadFile(job.Path)
	if err != nil {
		return opts, &execute.UsageError{Reason: err}
	}
	if m.environment != nil && f.ownKernel(nb) {
		opts.Kernel = m.environment.Kernelspec
		opts.SpecDirs = []string{filepath.Dir(m.environment.SpecDir)}
		opts.Env = append(opts.Env, m.env...)
	}
	opts.Env = append(opts.Env, f.env...)
	return opts, nil
}
