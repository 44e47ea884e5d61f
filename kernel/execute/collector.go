package execute

import (
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Collector assembles the outputs of cells that another front end than
// [Document] runs, by the same rules. It is used by one goroutine at a time.
type Collector struct {
	outputs *outputs
	touched map[*cellOutputs]bool
}

// NewCollector returns a collector; send sends the kernel a comm message, which
// some widgets want.
func NewCollector(send func(jupyter.Content) error) *Collector {
	c := &Collector{outputs: newOutputs(), touched: map[*cellOutputs]bool{}}
	c.outputs.observe = func(cell *cellOutputs, _ OutputChange) { c.touched[cell] = true }
	c.outputs.widgets.send = send
	return c
}

// Begin says that the request executes the cell, whose prompt gets the number
// count.
func (c *Collector) Begin(cell *nbformat.Cell, request string, count int) {
	c.outputs.track(request, c.outputs.begin(cell, 0, count))
	cell.SetExecutionCount(count)
}

// Handle takes in what the kernel sent and tells whether it belongs to a cell.
func (c *Collector) Handle(e jupyter.Event) bool { return c.outputs.handle(e) }

// Store writes what was collected into the cells, which are the notebook's, and
// what belongs to the whole notebook.
func (c *Collector) Store(nb *nbformat.Notebook) {
	for cell := range c.touched {
		cell.store()
		delete(c.touched, cell)
	}
	c.outputs.widgets.store(nb)
	c.outputs.storeRequire(nb)
}

// Verdict is the failure of a cell that another front end ran, nil if it
// succeeded. GoNB calls failed shell commands a success and every error
// "ERROR": the verdict tells by what the cell wrote to stderr.
func Verdict(info *jupyter.KernelInfoReply, source string, reply *jupyter.ExecuteReply, stderr string) *Failure {
	gonb := info.Implementation == "gonb"
	switch {
	case reply.Status != jupyter.StatusOK:
		return failureOf(reply, gonb, stderr)
	case gonb:
		return shellFailureGoNB(source, stderr)
	}
	return nil
}
