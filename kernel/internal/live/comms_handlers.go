package live

import (
	"slices"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// printedLimit is how long what a handler has printed may take on its way. It
// matters only where the host cannot tell (package library, overlay.go).
const printedLimit = 200 * time.Millisecond

// ending is a message whose handler has ended.
type ending struct{ request *request }

// handlerEnded notes that a message has been dealt with. What the handler has
// printed comes another way, whose end Handled tells.
func (c *comms) handlerEnded(f *commwire.Frame) {
	c.mu.Lock()
	if c.handling == f.Comm {
		c.handling = ""
	}
	e := &ending{c.pending[f.Request]}
	delete(c.pending, f.Request)
	complete := c.printed[f.Comm] > 0
	if complete {
		if c.printed[f.Comm]--; c.printed[f.Comm] == 0 {
			delete(c.printed, f.Comm)
		}
	} else {
		c.waiting[f.Comm] = append(c.waiting[f.Comm], e)
		time.AfterFunc(printedLimit, func() { c.giveUp(f.Comm, e) })
	}
	c.mu.Unlock()
	if complete {
		c.idle(e)
	}
}

// Handled says that all is here that a handler has printed.
func (c *comms) Handled(comm string) {
	c.mu.Lock()
	list := c.waiting[comm]
	if len(list) == 0 {
		c.printed[comm]++
		c.mu.Unlock()
		return
	}
	c.setWaiting(comm, list[1:])
	c.mu.Unlock()
	c.idle(list[0])
}

// giveUp waits no longer for what a handler has printed.
func (c *comms) giveUp(comm string, e *ending) {
	c.mu.Lock()
	list := c.waiting[comm]
	at := slices.Index(list, e)
	if at >= 0 {
		c.setWaiting(comm, slices.Delete(slices.Clone(list), at, at+1))
	}
	c.mu.Unlock()
	if at >= 0 {
		c.idle(e)
	}
}

func (c *comms) setWaiting(comm string, list []*ending) {
	if c.waiting[comm] = list; len(list) == 0 {
		delete(c.waiting, comm)
	}
}

func (c *comms) idle(e *ending) {
	if e.request != nil {
		c.kernel.server.publish(e.request, &jupyter.Status{State: jupyter.Idle})
	}
}

// Printed shows what a handler has printed.
func (c *comms) Printed(id, stream, text string) {
	c.kernel.server.publish(c.of(id), &jupyter.Stream{Name: stream, Text: text})
}
