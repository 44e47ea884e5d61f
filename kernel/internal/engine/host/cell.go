package host

import (
	"flag"
	"os"
	"runtime"
	"time"
)

// This file is what the code of cells calls. The kernel puts these calls in.

// Poll ends the goroutine if the cell it was compiled in has been interrupted.
// It stands in the cell's loops.
func Poll(cell int64) {
	if interrupted.Load() == cell {
		goexit()
	}
}

// goexit is apart so that Poll can be inlined.
//
//go:noinline
func goexit() { runtime.Goexit() }

// Sleeper is time.Sleep in a cell: an interrupt ends it.
func Sleeper(cell int64, _ func(time.Duration)) func(time.Duration) {
	return func(d time.Duration) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		if h := handling.Load(); executionOf(cell) == nil && (h == nil || h.cell != cell) {
			// Of a goroutine that has outlived its cell.
			<-timer.C
			return
		}
		for {
			woken := wake.next()
			Poll(cell)
			select {
			case <-timer.C:
				return
			case <-woken: // perhaps for another cell
			}
		}
	}
}

// Result takes the values of the expressions that end a cell. It is called in
// two steps, because Go passes the several results of a call on only if nothing
// stands beside them.
func Result(cell int64) func(values ...any) {
	return func(values ...any) {
		switch x := executionOf(cell); {
		case x == nil:
			// Of statements that have outlived their cell.
		case len(values) == 1:
			x.result = Bundle(values[0])
		default:
			x.result = tuple(values)
		}
	}
}

// ParseFlags is flag.Parse, but for a panic instead of the end of the process
// when the cell's arguments are wrong.
func ParseFlags() {
	flag.CommandLine.Init("cell", flag.PanicOnError)
	if err := flag.CommandLine.Parse(os.Args[1:]); err != nil {
		panic(err)
	}
}

// Zero gives a variable that is declared again the value that it would have if
// it were new.
func Zero[T any](variable *T) {
	var zero T
	*variable = zero
}
