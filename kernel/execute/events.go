package execute

import (
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Event is something that happened in a run, one of the nine types below. For a
// notebook they come in this order:
//
//	NotebookStart
//	(CellStart [CellExecute CellOutput… CellExecuted] [CellError] CellComplete)…
//	[NotebookError] NotebookComplete
//
// nbclient's hooks have the same names, but its on_cell_complete comes before
// the cell has run. A CellOutput of a cell may also come later, when its output
// was late or a later cell rewrote a display.
type Event interface{ event() }

// Observer is told what happens, in order, by the goroutine that runs the
// notebook: it should be quick, and it must not change the document. A run of
// several notebooks calls it from several goroutines.
type Observer func(Event)

// NotebookStart comes when the kernel is ready.
type NotebookStart struct {
	Path     string
	Notebook *nbformat.Notebook
	Kernel   KernelInfo
	Cells    int // code cells
	At       time.Time
}

// KernelInfo names the kernel that runs a notebook.
type KernelInfo struct {
	Name           string // of the kernelspec
	Implementation string // "gonb", "ipython"
	Version        string
	Language       string
}

// CellStart comes for every cell, also for those that are not run.
type CellStart struct {
	CellRef
	At time.Time
}

// CellExecute comes when a code cell was sent to the kernel.
type CellExecute struct {
	CellRef
	At time.Time
}

// CellOutput comes with each message that changed a cell's outputs.
type CellOutput struct {
	CellRef
	OutputChange
	At time.Time
}

// CellError comes when a cell failed, whether or not that is allowed.
type CellError struct {
	CellRef
	Failure *Failure
	Allowed bool
	At      time.Time
}

// CellExecuted comes when the kernel is done with a cell, or was given up.
type CellExecuted struct {
	CellRef
	State  State
	Timing Timing
	Costs  *jupyter.Costs // see [CellResult]
	At     time.Time
}

// CellComplete comes when all is done for a cell, whatever its end.
type CellComplete struct {
	CellRef
	Result CellResult
	At     time.Time
}

// NotebookError comes when the run ends early or with an error that is not
// allowed.
type NotebookError struct {
	Path string
	Err  error
	At   time.Time
}

// NotebookComplete comes last, when the kernel has ended and the document was
// saved.
type NotebookComplete struct {
	Path   string
	Result *Result
	At     time.Time
}

// CellRef says which cell an event is about.
type CellRef struct {
	Path   string
	Index  int // in the document, from 0
	Number int // among the code cells that are run, from 1; 0 for others
	Of     int // code cells in the document
	Cell   *nbformat.Cell
}

func (NotebookStart) event()    {}
func (CellStart) event()        {}
func (CellExecute) event()      {}
func (CellOutput) event()       {}
func (CellError) event()        {}
func (CellExecuted) event()     {}
func (CellComplete) event()     {}
func (NotebookError) event()    {}
func (NotebookComplete) event() {}
