package host

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
)

// This file is about what ends a process elsewhere: os.Exit, and a panic that
// nothing recovers. Here it ends the cell, and values live on. The library's
// copies of packages os and runtime ask first (package library, overlay.go).

// execution is a cell that runs.
type execution struct {
	cell int64
	// beside tells that it does not keep others waiting.
	beside bool
	// result is the value of the cell's last expression.
	result map[string]any
	// values are what an evaluation has come to.
	values []peek.Variable
	// input tells whether someone can be asked for input.
	input bool
	// early says how the cell ended, if it was not by its statements' end.
	early chan Answer
	// recorded ends the profile, if there is one.
	recorded atomic.Pointer[func() error]
}

// current is the execution that runs, or nil.
var current atomic.Pointer[execution]

// executions are all that run, those beside included, by cell.
var executions sync.Map

// executionOf is a cell's, nil if that has ended.
func executionOf(cell int64) *execution {
	x, ok := executions.Load(cell)
	if !ok {
		return nil
	}
	return x.(*execution)
}

// executionHere is the one that this goroutine belongs to, as far as that is
// known, else the one that others wait for.
func executionHere() *execution {
	if cell, known := ownerOf(labels()); known {
		if x := executionOf(cell); x != nil {
			return x
		}
	}
	return current.Load()
}

// end ends the cell; the first to do so says how.
func (x *execution) end(a Answer) {
	select {
	case x.early <- a:
	default:
	}
}

// install makes the library's copies of packages os and runtime ask these
// functions. Other programs have no such copies.
var install = func(exit func(code int), panic func(value any), input func(), write func(f *os.File, b []byte) bool) {
}

// leaving tells that the process is really to end.
var leaving atomic.Bool

// onExit is asked by os.Exit. Deferred calls of the goroutine are made, which
// os.Exit leaves out, so that locks are free for the cells to come.
func onExit(code int) {
	if leaving.Load() {
		return
	}
	finish(Answer{Outcome: Exited, Status: code}, func(cell string) {
		fmt.Fprintf(os.Stderr, "a goroutine of %s, which has ended, called os.Exit(%d); only the goroutine was ended\n",
			cell, code)
	})
}

// onPanic is asked before a panic that nothing has recovered would end the
// process.
func onPanic(value any) {
	a := panicked(value)
	stopOnPanic(a)
	finish(a, func(cell string) {
		fmt.Fprintf(os.Stderr, "panic in a goroutine of %s, which has ended: %s\n", cell, a.Error)
		for _, f := range a.Frames {
			fmt.Fprintf(os.Stderr, "\t%s:%d: %s\n", f.File, f.Line, f.Function)
		}
	})
}

// finish ends the goroutine, and with it the cell that it belongs to. If that
// has ended by itself, late says so; what a cell leaves behind that was stopped
// is of no interest.
func finish(a Answer, late func(cell string)) {
	cell, known := ownerOf(labels())
	x := executionHere()
	switch {
	case isHandler(labels()):
		late(fmt.Sprintf("a handler of cell[%d]", cell))
	case !known && x == nil:
		late("a cell")
	case !known, x != nil && x.cell == cell:
		x.end(a)
	case interrupted.Load() != cell:
		late(fmt.Sprintf("cell[%d]", cell))
	}
	runtime.Goexit()
}

// panicked describes a panic, from the function that recovers it or is told of
// it.
func panicked(value any) Answer {
	a := Answer{Outcome: Panicked, Error: describe(value), Frames: frames()}
	if _, ok := value.(noInputError); ok {
		a.Outcome = NoInput
	}
	return a
}

// labels finds what profiles call the goroutine, which it has from the
// goroutine that started it. So it tells to which cell a goroutine belongs.
var labels = func() uintptr { return 0 }

// owners are the cells by their labels.
var owners sync.Map

// owned is a cell and what keeps the memory of its labels from being used
// again.
type owned struct {
	cell   int64
	labels context.Context
	comm   string // of a handler, else empty
	// capture are the files that take what it prints, by stream; nil: none do.
	capture map[string]int
}

func ownerOf(labels uintptr) (cell int64, known bool) {
	o, known := owners.Load(labels)
	if !known {
		return 0, false
	}
	return o.(owned).cell, true
}

// isHandler tells whether a goroutine is a handler's.
func isHandler(labels uintptr) bool {
	o, known := owners.Load(labels)
	return known && o.(owned).comm != ""
}

// adopt makes the goroutine, and those that it will start, a cell's.
func adopt(cell int64) {
	ctx := pprof.WithLabels(context.Background(), pprof.Labels("cell", strconv.FormatInt(cell, 10)))
	pprof.SetGoroutineLabels(ctx)
	if l := labels(); l != 0 {
		owners.Store(l, owned{cell: cell, labels: ctx})
	}
}

// noInputError is what reading the standard input panics with when nobody can
// be asked.
type noInputError struct{}

func (noInputError) Error() string {
	return "the cell reads the standard input, but this front end does not take input for cells"
}

// processInput is the standard input that the kernel writes to.
var processInput = os.Stdin

// onInput is asked before the standard input is read: the front end has to be
// asked for a line, unless there is one.
func onInput() {
	x := executionHere()
	if x == nil || os.Stdin != processInput || inputReady() {
		return
	}
	if !x.input {
		panic(noInputError{})
	}
	// The wait is here and not in the read, which an interrupt cannot end.
	asked := false
	for start := time.Now(); !inputReady(); time.Sleep(5 * time.Millisecond) {
		Poll(x.cell)
		if !asked && time.Since(start) > requestDelay {
			send(Answer{Outcome: WantsInput})
			asked = true
		}
	}
}

// requestDelay is how long a call of gonbui.RequestInput may be under way
// before the front end is asked for input that nothing has asked for yet.
const requestDelay = 50 * time.Millisecond
