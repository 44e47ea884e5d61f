package live

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// comms knows the comms that are open, and passes messages between front ends
// and the process of the cells. Messages do not wait for cells: their handlers
// run while a cell computes.
//
// As in ipykernel, what a handler sends through comms has the front end's
// message as its parent, by which the front end knows its echo. What the handler
// prints belongs to the cell that opened the comm, which ipykernel leaves to the
// front end: JupyterLab's shows it in its log only.
type comms struct {
	kernel *Kernel

	mu       sync.Mutex
	open     map[string]*openComm
	targets  map[string]bool     // that the process takes
	pending  map[string]*request // messages that the process has not yet dealt with
	handling string              // the comm of the handler that runs
	// waiting are messages, by comm, whose handlers have ended, but may have
	// printed what is not here yet; printed counts those where all is.
	waiting map[string][]*ending
	printed map[string]int
}

// openComm is a comm that is open.
type openComm struct {
	target string
	// owner is the execution that opened it, nil for a front end's.
	owner *request
}

func newComms(k *Kernel) *comms {
	return &comms{kernel: k, open: map[string]*openComm{}, targets: map[string]bool{}, pending: map[string]*request{},
		waiting: map[string][]*ending{}, printed: map[string]int{}}
}

// isComm tells whether a message is about comms.
func isComm(content jupyter.Content) bool {
	switch content.(type) {
	case *jupyter.CommOpen, *jupyter.CommMessage, *jupyter.CommClose, *jupyter.CommInfoRequest:
		return true
	}
	return false
}

// receive takes a message from a front end.
func (c *comms) receive(r *request) {
	c.kernel.server.publish(r, &jupyter.Status{State: jupyter.Busy})
	waits := false
	switch m := r.Content.(type) {
	case *jupyter.CommInfoRequest:
		c.kernel.server.reply(r, c.info(m))
	case *jupyter.CommOpen:
		waits = c.opened(r, m)
	case *jupyter.CommMessage:
		if c.ofPage(m.ID) {
			c.kernel.gonb.receive(raw(m.Data))
			break
		}
		waits = c.known(m.ID) && c.tell(r, &commwire.Frame{Kind: commwire.Message, Comm: m.ID, Data: raw(m.Data)})
	case *jupyter.CommClose:
		if c.ofPage(m.ID) {
			c.forget(m.ID)
			c.kernel.gonb.closed(m.ID)
		} else if c.known(m.ID) {
			c.forget(m.ID)
			waits = c.tell(r, &commwire.Frame{Kind: commwire.Close, Comm: m.ID, Data: raw(m.Data)})
		}
	}
	if !waits {
		c.kernel.server.publish(r, &jupyter.Status{State: jupyter.Idle})
	}
}

func raw(o jupyter.Object) json.RawMessage { return json.RawMessage(o) }

func (c *comms) info(m *jupyter.CommInfoRequest) *jupyter.CommInfoReply {
	reply := &jupyter.CommInfoReply{Status: jupyter.StatusOK, Comms: map[string]jupyter.CommInfo{}}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, comm := range c.open {
		if m.TargetName == "" || m.TargetName == comm.target {
			reply.Comms[id] = jupyter.CommInfo{TargetName: comm.target}
		}
	}
	return reply
}

// opened passes on that a front end has opened a comm. One for a target that
// nobody takes is closed at once, as the protocol wants.
func (c *comms) opened(r *request, m *jupyter.CommOpen) (waits bool) {
	c.mu.Lock()
	taken := c.targets[m.TargetName]
	page := m.TargetName == gonbTarget
	if taken || page {
		c.open[m.ID] = &openComm{target: m.TargetName}
	}
	c.mu.Unlock()
	if page {
		c.kernel.gonb.open(m.ID)
		return false
	}
	if !taken {
		fmt.Fprintf(os.Stderr, "live kernel: no such comm target registered: %s\n", m.TargetName)
		c.kernel.server.publish(r, &jupyter.CommClose{ID: m.ID})
		return false
	}
	return c.tell(r, &commwire.Frame{Kind: commwire.Open, Comm: m.ID, Target: m.TargetName, Data: raw(m.Data)})
}

func (c *comms) known(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[id] == nil {
		fmt.Fprintf(os.Stderr, "live kernel: no such comm: %s\n", id)
		return false
	}
	return true
}

// ofPage tells whether a comm is that of gonbui's widgets.
func (c *comms) ofPage(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[id] != nil && c.open[id].target == gonbTarget
}

func (c *comms) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, id)
}

// tell passes a front end's message on and tells whether the process is to deal
// with it.
func (c *comms) tell(r *request, f *commwire.Frame) bool {
	f.Request, f.Metadata, f.Buffers = r.Message.Header.ID, r.Message.Metadata, r.Message.Buffers
	c.mu.Lock()
	c.pending[f.Request] = r
	c.mu.Unlock()
	if err := c.kernel.cells.Tell(f); err != nil {
		fmt.Fprintf(os.Stderr, "live kernel: comm %s: %v\n", f.Comm, err)
		c.mu.Lock()
		delete(c.pending, f.Request)
		c.mu.Unlock()
		return false
	}
	return true
}

// Said takes what the process says.
func (c *comms) Said(f *commwire.Frame) {
	server := c.kernel.server
	switch f.Kind {
	case commwire.Target:
		c.mu.Lock()
		c.targets[f.Target] = true
		c.mu.Unlock()
	case commwire.Open:
		parent, owner := c.parent(f), c.owner(f)
		c.mu.Lock()
		c.open[f.Comm] = &openComm{target: f.Target, owner: owner}
		c.mu.Unlock()
		c.publish(parent, &jupyter.CommOpen{ID: f.Comm, TargetName: f.Target, Data: jupyter.Object(f.Data)}, f)
	case commwire.Message:
		c.publish(c.parent(f), &jupyter.CommMessage{ID: f.Comm, Data: jupyter.Object(f.Data)}, f)
	case commwire.Close:
		parent := c.parent(f)
		c.forget(f.Comm)
		c.publish(parent, &jupyter.CommClose{ID: f.Comm, Data: jupyter.Object(f.Data)}, f)
	case commwire.Begin:
		c.mu.Lock()
		c.handling = f.Comm
		c.mu.Unlock()
	case commwire.End:
		c.handlerEnded(f)
	case commwire.Error:
		var failure commwire.Failure
		if err := json.Unmarshal(f.Data, &failure); err != nil {
			return
		}
		server.publish(c.of(f.Comm), &jupyter.ErrorOutput{Name: failure.Name, Value: failure.Value,
			Traceback: failure.Traceback})
	}
}

func (c *comms) publish(parent *request, content jupyter.Content, f *commwire.Frame) {
	logUnsent(c.kernel.server.PublishWith(parent.Header(), content, f.Metadata, f.Buffers...))
}

// parent is what has caused a frame: a front end's message, the cell that runs,
// or the cell that opened the comm.
func (c *comms) parent(f *commwire.Frame) *request {
	running := c.kernel.runs()
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.pending[f.Request]; r != nil {
		return r
	}
	if comm := c.open[f.Comm]; running == nil && comm != nil {
		return comm.owner
	}
	return running
}

// owner is the execution that a new comm belongs to: what a handler opens
// belongs to its own comm's.
func (c *comms) owner(f *commwire.Frame) *request {
	c.mu.Lock()
	handled := c.pending[f.Request] != nil
	comm := c.open[c.handling]
	c.mu.Unlock()
	if handled && comm != nil {
		return comm.owner
	}
	return c.kernel.runs()
}

// of is the execution that opened a comm.
func (c *comms) of(id string) *request {
	c.mu.Lock()
	defer c.mu.Unlock()
	if comm := c.open[id]; comm != nil {
		return comm.owner
	}
	return nil
}

// handlingFor is the execution that opened the comm of the handler that runs.
func (c *comms) handlingFor() *request {
	c.mu.Lock()
	id := c.handling
	c.mu.Unlock()
	return c.of(id)
}

// Gone closes the comms of a process that is gone.
func (c *comms) Gone() {
	c.mu.Lock()
	open, pending := c.open, c.pending
	c.open, c.pending = map[string]*openComm{}, map[string]*request{}
	c.targets, c.handling = map[string]bool{}, ""
	c.waiting, c.printed = map[string][]*ending{}, map[string]int{}
	c.mu.Unlock()
	c.kernel.gonb.processGone()
	for id, comm := range open {
		if comm.target == gonbTarget { // the page stays
			c.mu.Lock()
			c.open[id] = comm
			c.mu.Unlock()
			continue
		}
		c.kernel.server.publish(comm.owner, &jupyter.CommClose{ID: id})
	}
	for _, r := range pending {
		c.kernel.server.publish(r, &jupyter.Status{State: jupyter.Idle})
	}
}
