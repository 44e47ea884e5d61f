package host

import (
	"os"
	"sync"
)

// Cells can run beside the one that others wait for: those of subshells. They
// share with it whatever a process has one of: variables of the environment, the
// working directory, arguments. So these are not set for them.

// serveBeside runs a cell, or loads packages, and answers.
func serveBeside(c Command) {
	c.Dir, c.Env = "", nil
	dropFlags(c.Flags)
	a := call(c)
	a.ID = c.ID
	send(a)
}

// printedBeside passes on what a cell prints that runs beside, and tells whether
// it is one.
func printedBeside(cell int64, stream string, b []byte) bool {
	x := executionOf(cell)
	if x == nil || !x.beside {
		return false
	}
	send(Answer{Outcome: Printed, Cell: cell, Stream: stream, Text: string(b)})
	return true
}

// loading lets one library be loaded at a time.
var loading sync.Mutex

// displayPipe is the pipe of GoNB's library for what cells show, "" if there is
// none.
var displayPipe = os.Getenv("GONB_PIPE")

// displays are the messages in that pipe: how many bytes have been written, and
// which of them cells wrote that run beside, by where they end. The kernel reads
// nothing in the pipe that tells cells apart.
var displays struct {
	sync.Mutex
	written int64
	beside  map[int64]int64 // the cell, by the end of its message
}

// noteDisplay is called before this goroutine writes bytes to the pipe.
func noteDisplay(n int) {
	cell, _ := ownerOf(labels())
	displays.Lock()
	defer displays.Unlock()
	displays.written += int64(n)
	if x := executionOf(cell); x == nil || !x.beside {
		return
	}
	if displays.beside == nil {
		displays.beside = map[int64]int64{}
	}
	displays.beside[displays.written] = cell
}

// showedBeside is the cell that wrote the message up to a place, 0 for those
// that others wait for. It is asked once for each.
func showedBeside(end int64) int64 {
	displays.Lock()
	defer displays.Unlock()
	cell := displays.beside[end]
	delete(displays.beside, end)
	return cell
}
