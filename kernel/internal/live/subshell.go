package live

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Subshells are more queues of requests on the same values
// (https://github.com/jupyter/enhancement-proposals/pull/91): a second console
// runs cells while a cell of the notebook trains.

// subshell takes requests beside the main shell.
type subshell struct {
	kernel  *Kernel
	queue   chan *request
	deleted chan struct{}

	mu    sync.Mutex
	front *subshellFront // of the cell that runs, or nil
}

// besideCells are cells that can run beside each other.
type besideCells interface{ InterruptBeside(engine.Front) }

// subshellsFeature is the protocol's word for subshells.
const subshellsFeature = "kernel subshells"

// features are what the kernel has of what the protocol leaves open.
func (k *Kernel) features() []string {
	if _, ok := k.cells.(besideCells); ok {
		return []string{subshellsFeature}
	}
	return nil
}

// allFeatures has the debugger, too.
func (k *Kernel) allFeatures() []string {
	list := k.features()
	if k.debuggable() {
		list = append(list, "debugger")
	}
	return list
}

func (k *Kernel) createSubshell() *jupyter.CreateSubshellReply {
	if k.features() == nil {
		return &jupyter.CreateSubshellReply{Status: jupyter.StatusError,
			ReplyError: jupyter.ReplyError{Name: "RuntimeError",
				Value: "this kernel cannot run cells, so it has no subshells"}}
	}
	s := &subshell{kernel: k, queue: make(chan *request, 1000), deleted: make(chan struct{})}
	id := rand.Text()
	k.mu.Lock()
	if k.subshells == nil {
		k.subshells = map[string]*subshell{}
	}
	k.subshells[id] = s
	k.mu.Unlock()
	go s.work()
	return &jupyter.CreateSubshellReply{Status: jupyter.StatusOK, ID: id}
}

// unknownSubshell is ipykernel's error for it.
func unknownSubshell(id string) jupyter.ReplyError {
	return jupyter.ReplyError{Name: "UnknownSubshellError", Value: "there is no subshell " + id}
}

// deleteSubshell ends a subshell when its cell has ended, which is interrupted.
func (k *Kernel) deleteSubshell(id string) *jupyter.DeleteSubshellReply {
	k.mu.Lock()
	s := k.subshells[id]
	delete(k.subshells, id)
	k.mu.Unlock()
	if s == nil {
		return &jupyter.DeleteSubshellReply{Status: jupyter.StatusError, ReplyError: unknownSubshell(id)}
	}
	close(s.deleted)
	s.interrupt()
	return &jupyter.DeleteSubshellReply{Status: jupyter.StatusOK}
}

func (k *Kernel) listSubshells() *jupyter.ListSubshellReply {
	k.mu.Lock()
	defer k.mu.Unlock()
	ids := slices.Sorted(maps.Keys(k.subshells))
	return &jupyter.ListSubshellReply{Status: jupyter.StatusOK, IDs: append([]string{}, ids...)}
}

// subshell finds a subshell, nil if there is none.
func (k *Kernel) subshell(id string) *subshell {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.subshells[id]
}

// queueOf is where requests of a subshell wait, or of the main shell for nil.
func (k *Kernel) queueOf(s *subshell) chan *request {
	if s == nil {
		return k.shell
	}
	return s.queue
}

// queue puts a request where it belongs.
func (k *Kernel) queue(r *request) {
	queue := k.shell
	deleted := (chan struct{})(nil)
	if id := r.Header().Subshell; id != "" {
		s := k.subshell(id)
		if s == nil {
			k.server.publish(r, &jupyter.Status{State: jupyter.Busy})
			k.server.reply(r, jupyter.ErrorReply(r.Content.MessageType(), unknownSubshell(id)))
			k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
			return
		}
		queue, deleted = s.queue, s.deleted
	}
	select {
	case queue <- r:
	case <-deleted:
	case <-k.stopped:
	}
}

// interrupt stops the cell of the subshell that the request names. Without a name
// it stops the notebook's cell, or if none runs those of all subshells.
func (k *Kernel) interrupt(r *request) *jupyter.InterruptReply {
	ok := &jupyter.InterruptReply{Status: jupyter.StatusOK}
	if id := r.Header().Subshell; id != "" {
		s := k.subshell(id)
		if s == nil {
			return &jupyter.InterruptReply{Status: jupyter.StatusError, ReplyError: unknownSubshell(id)}
		}
		s.interrupt()
		return ok
	}
	main := k.runs() != nil
	k.cells.Interrupt() // also a handler of a comm
	if cells, ok := k.cells.(besideCells); ok {
		cells.InterruptBeside(k) // what a debugger evaluates
	}
	if main {
		return ok
	}
	k.mu.Lock()
	all := slices.Collect(maps.Values(k.subshells))
	k.mu.Unlock()
	for _, s := range all {
		s.interrupt()
	}
	return ok
}

// work takes the subshell's requests in order.
func (s *subshell) work() {
	for {
		select {
		case <-s.kernel.stopped:
			return
		case <-s.deleted:
			return
		case r := <-s.queue:
			s.kernel.serve(s, r)
		}
	}
}

func (s *subshell) interrupt() {
	s.mu.Lock()
	front := s.front
	s.mu.Unlock()
	if cells, ok := s.kernel.cells.(besideCells); ok && front != nil {
		cells.InterruptBeside(front)
	}
}

// begin returns the front of a cell that is to run.
func (s *subshell) begin(r *request, c *jupyter.ExecuteRequest) engine.Front {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.front = &subshellFront{s.kernel, r, c.Silent}
	return s.front
}

func (s *subshell) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.front = nil
}

// subshellFront shows what a cell of a subshell gives.
type subshellFront struct {
	kernel  *Kernel
	request *request
	silent  bool
}

// Print publishes what is printed.
func (f *subshellFront) Print(stream, text string) {
	if !f.silent {
		f.kernel.server.publish(f.request, &jupyter.Stream{Name: stream, Text: text})
	}
}

// Show publishes data.
func (f *subshellFront) Show(d engine.Display) {
	if !f.silent {
		f.kernel.showFor(f.request, d)
	}
}

// Input has nobody to ask: the front end waits for the main shell's questions.
func (f *subshellFront) Input(context.Context, string, bool) (string, error) {
	return "", errors.New("cells of subshells cannot ask for input")
}
