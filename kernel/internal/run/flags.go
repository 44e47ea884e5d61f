package run

import (
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/parameters"
	"github.com/gocifar/gocifar/kernel/internal/command"
)

const about = `Executes notebooks on their kernels and saves them, with their outputs, in a folder.
A NOTEBOOK is a file, a folder, an http address, or - for the standard input,
whose result goes to the standard output.`

// flagValues are the flags of `kernel run`.
type flagValues struct {
	opts                                      execute.Options // but for what is a notebook's own
	profile, data, output, junit, kernelLog   string
	gateway                                   string
	cover                                     string
	parallel, fromCell                        int
	inspect, prepareOnly, clear, reportMode   bool
	json, github, plain                       bool
	parameters, rawParameters, parameterFiles []string
	shard, sweepFile                          string
	durations                                 []string

	costs     bool
	checks    bool
	tolerance float64
	pixel     int
	ignore    []string

	points map[string]parameters.Point // of the sweep, by the jobs' names
	swept  string                      // the notebook that it runs

	outputSet bool // -output was given
	fromStdin bool
}

func (f *flagValues) declare(flags *command.Flags) {
	f.declareSelection(flags)
	f.declareKernel(flags)
	f.declareParameters(flags)
	f.declareLimits(flags)
	f.declareResults(flags)
}

func (f *flagValues) declareSelection(flags *command.Flags) {
	flags.Group("What to run")
	flags.IntVar(&f.parallel, "j", 1, "how many notebooks run at a time")
	flags.ListVar(&f.opts.OnlyTags, "only-tag", "run only cells with this `tag`")
	flags.ListVar(&f.opts.SkipTags, "skip-tag", "do not run cells with this `tag`")
	flags.IntVar(&f.fromCell, "from-cell", 0,
		"start at the code cell with this `number`, from 1; Go runs on GoNB then, with the declarations of earlier cells")
	flags.BoolVar(&f.opts.Resume, "resume", false,
		"go on at the first cell that did not end well in -output or has changed; kernels but GoNB run all cells again")
	flags.StringVar(&f.shard, "shard", "",
		"run `i/n`, one of n shares of the notebooks that end at about the same time; `kernel merge` joins the results")
	flags.ListVar(&f.durations, "durations",
		"index.json or JUnit `file` of an earlier run, for -shard; by default what the notebooks record")
}

func (f *flagValues) declareKernel(flags *command.Flags) {
	flags.Group("Kernel")
	flags.StringVar(&f.opts.Kernel, "kernel", "",
		"`name` of the kernelspec, gonb for GoNB; by default the notebook's own, for Go the live kernel if there is one")
	flags.GatewayFlag(&f.gateway)
	flags.StringVar(&f.opts.Dir, "cwd", "", "working `folder` of the kernels, by default each notebook's own")
	flags.ListVar(&f.opts.Env, "env", "`NAME=value` for the kernels")
	flags.ListVar(&f.opts.Inputs, "input", "`answer` to a cell's next request for input")
	flags.StringVar(&f.kernelLog, "kernel-log", "", "append what the kernels themselves write to this `file`")

	flags.Group("Data")
	flags.StringVar(&f.data, "data", "", "CIFAR-10: a `folder`, an archive, or the word builtin")
	flags.StringVar(&f.profile, "profile", "", "full or quick: sets GOCIFAR_PROFILE for the notebooks")
}

func (f *flagValues) declareParameters(flags *command.Flags) {
	flags.Group("Parameters")
	flags.ListVar(&f.parameters, "p", "`name=value`, in Go of the type declared in the cell tagged parameters")
	flags.ListVar(&f.rawParameters, "r", "`name=text` of a parameter that is a string")
	flags.ListVar(&f.parameterFiles, "f", "YAML or JSON `file` with parameters, which -p and -r override")
	flags.StringVar(&f.sweepFile, "sweep", "",
		"YAML or JSON `file`: run the notebook once for each point, of a grid {rate: [0.1, 0.2]} or a list [{rate: 0.1}]")
	flags.BoolVar(&f.inspect, "inspect", false, "only list the notebooks' parameters, as JSON with -json")
	flags.BoolVar(&f.prepareOnly, "prepare-only", false, "only write the notebooks with their parameters")
}

func (f *flagValues) declareLimits(flags *command.Flags) {
	flags.Group("Time limits")
	flags.DurationVar(&f.opts.CellTimeout, "timeout", 0,
		"of a cell, 0 for none; a cell's metadata.gocifar.timeout goes before it")
	flags.DurationVar(&f.opts.TotalTimeout, "total-timeout", 0, "of a notebook, 0 for none")
	flags.DurationVar(&f.opts.StartTimeout, "start-timeout", time.Minute, "of a kernel's start")
	flags.DurationVar(&f.opts.HangTimeout, "hang-timeout", time.Minute,
		"how long a kernel may miss its heartbeat before it is killed, negative for ever")

	flags.Group("Errors")
	flags.BoolVar(&f.opts.AllowErrors, "allow-errors", false, "go on after cells that fail")
	flags.ListVar(&f.opts.AllowErrorNames, "allow-error",
		"`name` of an error to go on after (ValueError; on GoNB CompileError, Panic, ExitError, ...)")
	flags.BoolVar(&f.opts.ForceErrors, "force-errors", false, "stop at any error, also in cells tagged raises-exception")
	flags.BoolVar(&f.opts.StrictRaises, "strict-raises", false, "cells tagged raises-exception must raise")
	flags.BoolVar(&f.opts.AllowShellFailures, "allow-shell-failures", false,
		"let failed shell commands pass, as GoNB does")
}

func (f *flagValues) declareResults(flags *command.Flags) {
	flags.Group("Results")
	flags.StringVar(&f.output, "output", "executed",
		"`folder` for the executed notebooks and index.html, or - for the standard output")
	flags.BoolVar(&f.reportMode, "report-mode", false, "hide the code in the executed notebooks")
	flags.BoolVar(&f.costs, "costs", true,
		"record what each cell took, where the kernel tells: time to compile, processor time, memory")
	flags.BoolVar(&f.clear, "clear", false, "only remove outputs and records of runs: in place, unless -output is given")
	flags.BoolVar(&f.plain, "plain", false, "print plain lines on a terminal too, instead of a live display")

	flags.Group("CI")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one object a line, instead of text")
	flags.BoolVar(&f.github, "github", false, "also print annotations for GitHub's workflows")
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML into this `file`")

	flags.StringVar(&f.cover, "cover", "",
		"write into this `file` which lines of the module's packages the cells reached, for go tool cover; live kernel only")

	flags.Group("Checking")
	flags.BoolVar(&f.checks, "check", false,
		"compare the outputs with those in the notebooks, print differences, and exit with 1 if there are any")
	flags.Float64Var(&f.tolerance, "tolerance", 0,
		"by how much numbers in text may differ, relative to the larger one or to 1")
	flags.IntVar(&f.pixel, "pixel-tolerance", 0, "by how much pixels may differ, 0 to 255")
	flags.ListVar(&f.ignore, "ignore", "`pattern` (Go's regexp) of text that does not count")
}
