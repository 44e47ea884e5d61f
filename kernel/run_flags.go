package main

import (
	"flag"
	"fmt"
	"time"
)

// runFlags are the flags of `kernel run`.
type runFlags struct {
	output, kernel, cwd, profile, data string
	timeout, totalTimeout              time.Duration
	startTimeout, hangTimeout          time.Duration
	allowErrors, forceErrors, strict   bool
	allowShell, json, github, plain    bool
	junit, kernelLog                   string
	parallel, fromCell                 int
	resume, reportMode                 bool
	inspect, prepareOnly, clear        bool
	checks                             bool
	tolerance                          float64
	pixel                              int
	ignore                             listFlag
	parameters, rawParameters          listFlag
	parameterFiles                     listFlag
	env, allow, skip, only, input      listFlag

	outputSet bool // -output was given
	fromStdin bool
}

// listFlag is a flag that may be given several times.
type listFlag []string

func (l *listFlag) String() string { return fmt.Sprint(*l) }

// Set adds a value.
func (l *listFlag) Set(value string) error {
	*l = append(*l, value)
	return nil
}

func runUsage(flags *flag.FlagSet) {
	fmt.Fprint(flags.Output(), `usage: go run ./kernel run [flags] NOTEBOOK...

Executes notebooks on their kernels, Go notebooks on the live kernel, and saves them, with their outputs, in a folder. A NOTEBOOK is a file, a folder, an
http address, or - for the standard input, whose result goes to the standard output.

Exit codes: 0 all cells ran, 1 a cell failed or outputs differ (-check), 2 usage, 3 time ran out, 4 the kernel died,
5 it did not start, 6 a result could not be saved, 130 interrupted.

`)
	flags.PrintDefaults()
}

func (f *runFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&f.output, "output", "executed", "`folder` for the executed notebooks and index.html, or - for the standard output")
	flags.StringVar(&f.kernel, "kernel", "", "`name` of the kernelspec to use instead of the notebook's. Without it Go notebooks run on the live kernel where there is one, else on GoNB; gonb or gocifar-gonb asks for GoNB")
	flags.StringVar(&f.cwd, "cwd", "", "working `folder` of the kernels, by default each notebook's own")
	flags.StringVar(&f.profile, "profile", "", "full or quick: sets GOCIFAR_PROFILE for the notebooks")
	flags.StringVar(&f.data, "data", "", "CIFAR-10: a `folder`, an archive, or the word builtin")
	flags.Var(&f.env, "env", "`NAME=value` for the kernels; may be repeated")
	flags.Var(&f.input, "input", "`answer` to a cell's next request for input; may be repeated")
	flags.IntVar(&f.parallel, "j", 1, "how many notebooks run at a time")
	f.defineLimits(flags)
	f.defineSelection(flags)
	f.defineParameters(flags)
	f.defineReports(flags)
}

func (f *runFlags) defineLimits(flags *flag.FlagSet) {
	flags.DurationVar(&f.timeout, "timeout", 0, "how long a cell may run, 0 for ever; a cell's metadata.gocifar.timeout goes before it")
	flags.DurationVar(&f.totalTimeout, "total-timeout", 0, "how long a notebook may run, 0 for ever")
	flags.DurationVar(&f.startTimeout, "start-timeout", time.Minute, "how long a kernel may take to start")
	flags.DurationVar(&f.hangTimeout, "hang-timeout", time.Minute, "how long a kernel may miss its heartbeat before it is killed, negative for ever")
	flags.BoolVar(&f.allowErrors, "allow-errors", false, "go on after cells that fail")
	flags.Var(&f.allow, "allow-error", "`name` of an error to go on after (ValueError; on GoNB CompileError, Panic, ExitError, …); may be repeated")
	flags.BoolVar(&f.forceErrors, "force-errors", false, "stop at any error, also in cells tagged raises-exception")
	flags.BoolVar(&f.strict, "strict-raises", false, "cells tagged raises-exception must raise")
	flags.BoolVar(&f.allowShell, "allow-shell-failures", false, "let failed shell commands pass, as GoNB does")
}

func (f *runFlags) defineSelection(flags *flag.FlagSet) {
	flags.Var(&f.skip, "skip-tag", "do not run cells with this `tag`; may be repeated")
	flags.Var(&f.only, "only-tag", "run only cells with this `tag`; may be repeated")
	flags.IntVar(&f.fromCell, "from-cell", 0, "`number` of the code cell to start from, from 1; Go notebooks run on GoNB then, which gets the declarations of the cells before it; other kernels get nothing, with a warning")
	flags.BoolVar(&f.resume, "resume", false, "go on from the first cell that did not end well in -output or has changed since; kernels other than GoNB keep values, so there, if a cell is left, all run again")
}

func (f *runFlags) defineParameters(flags *flag.FlagSet) {
	flags.Var(&f.parameters, "p", "`name=value` of a parameter; may be repeated. In Go its type is that in the cell tagged parameters")
	flags.Var(&f.rawParameters, "r", "`name=text` of a parameter that is a string; may be repeated")
	flags.Var(&f.parameterFiles, "f", "YAML or JSON `file` with parameters, which -p and -r override; may be repeated")
	flags.BoolVar(&f.inspect, "inspect", false, "only list the notebooks' parameters, as JSON with -json")
	flags.BoolVar(&f.prepareOnly, "prepare-only", false, "only write the notebooks with their parameters")
	flags.BoolVar(&f.clear, "clear", false, "only remove outputs and records of runs: in place, unless -output is given")
	flags.BoolVar(&f.reportMode, "report-mode", false, "hide the code in the executed notebooks")
}

func (f *runFlags) defineReports(flags *flag.FlagSet) {
	flags.BoolVar(&f.plain, "plain", false, "print plain lines on a terminal too, instead of a live display")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one object a line, instead of text")
	flags.BoolVar(&f.github, "github", false, "also print annotations for GitHub's workflows")
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML into this `file`")
	flags.StringVar(&f.kernelLog, "kernel-log", "", "append what the kernels themselves write to this `file`")
	flags.BoolVar(&f.checks, "check", false, "compare the outputs with those in the notebooks, print differences, and exit with 1 if there are any")
	flags.Float64Var(&f.tolerance, "tolerance", 0, "-check: by how much numbers in text may differ, relative to the larger one or to 1")
	flags.IntVar(&f.pixel, "pixel-tolerance", 0, "-check: by how much pixels may differ, 0 to 255")
	flags.Var(&f.ignore, "ignore", "-check: `pattern` (Go's regexp) of text that does not count; may be repeated")
}
