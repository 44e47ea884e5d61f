package execute

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Options say how a notebook is run. The zero value runs every cell, without
// limits, on the kernel that the document names, and stops at the first error.
type Options struct {
	// Kernel is the name of a kernelspec, instead of the document's.
	Kernel string
	// SpecDirs are folders with kernelspecs that go before Jupyter's own.
	SpecDirs []string
	// Gateway is where the kernel runs, nil for here; it goes before SpecDirs and
	// Start. Of Dir and Env see [gateway.StartOptions]; KernelLog gets nothing of
	// what the process writes.
	Gateway *gateway.Gateway
	// Start starts the kernel, instead of finding a kernelspec by name.
	Start Starter
	// Dir is the kernel's working directory, by default the notebook's folder.
	Dir string
	// Env are variables for the kernel ("NAME=value"), over this process's own
	// and the kernelspec's.
	Env []string
	// KernelLog gets what the kernel itself writes to its stdout and stderr;
	// may be nil.
	KernelLog io.Writer

	// Output is where the executed notebook is saved: after each cell and in
	// between, always whole. "" saves nothing.
	Output string
	// SaveEvery is how often it is saved while a cell runs, 30 s by default;
	// negative: never.
	SaveEvery time.Duration

	// CellTimeout is how long one cell may run, 0 without limit. A cell's
	// metadata.gocifar.timeout (seconds, or a duration such as "90s") goes
	// before it.
	CellTimeout time.Duration
	// TotalTimeout is how long the whole run may take, start of the kernel
	// included; 0 without limit.
	TotalTimeout time.Duration
	// StartTimeout is how long the kernel may take to answer, 60 s by default.
	StartTimeout time.Duration
	// InterruptGrace is how long a cell that is stopped has to end, before the
	// kernel is killed; DefaultInterruptGrace if it is 0. In that time it is
	// interrupted every InterruptEvery, 2 s by default.
	InterruptGrace, InterruptEvery time.Duration
	// IdleTimeout is how long after a cell's reply its output may still come
	// before the kernel says that it is idle, 4 s by default, through a gateway
	// 30 s: a reply may overtake much output there. After it the run goes on with
	// a warning.
	IdleTimeout time.Duration
	// ReplyTimeout is how long after the kernel says that it is idle the reply
	// may take, 10 s by default.
	ReplyTimeout time.Duration
	// HangTimeout is for how long the kernel's heartbeat may fail before the
	// kernel counts as hung and is killed, 60 s by default; negative: not
	// watched.
	HangTimeout time.Duration

	// NoCosts leaves out what the kernel says that cells took: processor time,
	// memory, the time to compile.
	NoCosts bool

	// AllowErrors goes on after a cell that failed; AllowErrorNames does so for
	// some classes or names of errors.
	AllowErrors     bool
	AllowErrorNames []string
	// ForceErrors stops at any error, whatever the two above and tags say.
	ForceErrors bool
	// StrictRaises makes a cell that is tagged raises-exception fail if it
	// raises nothing.
	StrictRaises bool
	// AllowShellFailures leaves alone what GoNB calls a success: failed shell
	// commands and unknown special commands.
	AllowShellFailures bool

	// SkipTags are tags of cells that are not run, besides skip-execution. With
	// OnlyTags only cells that have one of these run.
	SkipTags, OnlyTags []string
	// From is the index of the cell to start from; the cells before it are not
	// run and keep their outputs. On GoNB their declarations and settings are
	// made again first, see gocell.Replay; on other kernels nothing of them is
	// there.
	From int
	// Earlier is an executed version of the document: cells that are not run
	// take over its outputs, as long as they have the same source.
	Earlier *nbformat.Notebook
	// Resume starts from the first cell that did not end well in Earlier or
	// that is another one now. Other kernels than GoNB keep values, which are
	// gone with the earlier run: there, if a cell is left to run, all of them
	// run again, with a warning.
	Resume bool
	// Basis says in words what the outputs depend on besides the document, for
	// instance settings in Env. A run with another basis is not resumed. It is
	// stored in the document, so it must hold no secrets.
	Basis string
	// Inputs answer the cells' requests for input, in order. A request without
	// an answer fails its cell at once.
	Inputs []string

	// Observer is told what happens; may be nil.
	Observer Observer
	// Force ends a canceled run at once: when it is closed, the kernel is not
	// given time to end.
	Force <-chan struct{}
}

// DefaultInterruptGrace is how long a cell that is stopped has to end. The live
// kernel ends such a cell by itself, within live.DefaultGrace, and takes up to
// live.RestartLimit to be ready again. A run that gave it up before that would
// lose the cells that follow, so this limit is greater than the two together.
const DefaultInterruptGrace = 20 * time.Second

const remoteIdleTimeout = 30 * time.Second

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&o.SaveEvery, 30*time.Second)
	set(&o.StartTimeout, time.Minute)
	set(&o.InterruptGrace, DefaultInterruptGrace)
	set(&o.HangTimeout, time.Minute)
	if o.Gateway != nil {
		set(&o.IdleTimeout, remoteIdleTimeout)
	}
	if o.Observer == nil {
		o.Observer = func(Event) {}
	}
	return o
}

// cellTimeout is the limit of one cell: its own, else the run's.
func (o Options) cellTimeout(cell *nbformat.Cell) (time.Duration, error) {
	switch v := cell.Object().Object("metadata").Object(metadataKey).Get("timeout").(type) {
	case nil:
		return o.CellTimeout, nil
	case json.Number:
		seconds, err := v.Float64()
		if err != nil || seconds < 0 {
			return 0, fmt.Errorf("metadata.%s.timeout is %s, want seconds from 0", metadataKey, v)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	case string:
		limit, err := time.ParseDuration(v)
		if err != nil || limit < 0 {
			return 0, fmt.Errorf("metadata.%s.timeout is %q, want a duration such as 90s", metadataKey, v)
		}
		return limit, nil
	default:
		return 0, fmt.Errorf("metadata.%s.timeout is %T, want seconds or a duration such as 90s", metadataKey, v)
	}
}
