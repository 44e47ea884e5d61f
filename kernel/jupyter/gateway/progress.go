package gateway

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// progress is what is known of requests to execute that are under way, so that
// after a broken connection it can be told whether they are.
type progress struct {
	mu      *sync.Mutex
	pending map[string]*execution // by the request's id
	probes  map[string]*probe     // likewise
	kernel  *string               // the session of the kernel's process
}

type execution struct {
	header        jupyter.Header
	replied, idle bool
	broken        bool // the connection broke while it was under way
}

// probe is a request that is answered after all that the kernel got before.
type probe struct {
	replied, idle bool
	done          chan struct{}
}

func newProgress() progress {
	return progress{&sync.Mutex{}, map[string]*execution{}, map[string]*probe{}, new(string)}
}

// sent notes a request.
func (p progress) sent(m *jupyter.Message) {
	if m.Header.Type == "execute_request" {
		p.mu.Lock()
		p.pending[m.Header.ID] = &execution{header: m.Header}
		p.mu.Unlock()
	}
}

// came notes what the kernel says of a request.
func (p progress) came(e jupyter.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.pending[e.ParentID()]
	if x == nil {
		return
	}
	switch content := e.Content.(type) {
	case *jupyter.ExecuteReply:
		x.replied = true
	case *jupyter.Status:
		x.idle = x.idle || content.State == jupyter.Idle
	}
	if x.replied && x.idle {
		delete(p.pending, e.ParentID())
	}
}

// broke notes that the connection broke.
func (p progress) broke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.pending {
		x.broken = true
	}
	clear(p.probes)
}

// busy tells whether something was under way when the connection broke.
func (p progress) busy() bool { return len(p.unsettled()) > 0 }

// unsettled are the requests that were under way when the connection broke, and
// that still may be.
func (p progress) unsettled() (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, x := range p.pending {
		if x.broken {
			ids = append(ids, id)
		}
	}
	return ids
}

// another tells whether a message on the shell channel is of another process
// than those before. GoNB puts the requests' session there, which does not
// change.
func (p progress) another(e jupyter.Event) bool {
	session := e.Message.Header.Session
	if e.Channel != jupyter.Shell || session == "" {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if *p.kernel == "" {
		*p.kernel = session
	}
	return *p.kernel != session
}

// probed tells whether an event is for a probe, and takes it in.
func (p progress) probed(e jupyter.Event) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.probes[e.ParentID()]
	if one == nil {
		return false
	}
	switch content := e.Content.(type) {
	case *jupyter.KernelInfoReply:
		one.replied = true
	case *jupyter.Status:
		one.idle = one.idle || content.State == jupyter.Idle
	}
	if one.replied && one.idle {
		delete(p.probes, e.ParentID())
		close(one.done)
	}
	return true
}

// How often the server is asked whether a kernel is idle whose reply does not
// come, and how often it must say so. It learns of a request a little after the
// kernel has got it.
const (
	settleEvery = time.Second
	settleTimes = 2
	probeLimit  = 10 * time.Second
)

// settle finds out whether requests that were under way when the connection
// broke still are. If the server says that the kernel is idle, and the kernel
// has answered another request since, then their replies are lost.
func (r *remote) settle(conn *connection, deliver func(jupyter.Event)) {
	for idle := 0; sleep(r.ctx, settleEvery) && r.isCurrent(conn) && r.progress.busy(); {
		ctx, cancel := context.WithTimeout(r.ctx, probeLimit)
		m, err := r.model(ctx)
		cancel()
		if err != nil || m.State != string(jupyter.Idle) {
			idle = 0
			continue
		}
		if idle++; idle < settleTimes {
			continue
		}
		asked := r.progress.unsettled()
		if r.probe() {
			r.giveUp(asked, deliver)
		}
	}
}

func (r *remote) isCurrent(conn *connection) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conn == conn
}

// probe asks the kernel to describe itself, and reports whether it did.
func (r *remote) probe() bool {
	ctx, cancel := context.WithTimeout(r.ctx, probeLimit)
	defer cancel()
	one, id := &probe{done: make(chan struct{})}, rand.Text()
	r.progress.mu.Lock()
	r.progress.probes[id] = one
	r.progress.mu.Unlock()
	err := r.Send(ctx, jupyter.Shell, &jupyter.Message{Header: jupyter.Header{
		ID: id, Session: r.session, Username: "gocifar", Date: time.Now().UTC().Format(time.RFC3339Nano),
		Type: "kernel_info_request", Version: jupyter.ProtocolVersion,
	}})
	if err != nil {
		return false
	}
	select {
	case <-one.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// giveUp ends the wait for requests whose replies are lost: for who waits, the
// kernel has become idle.
func (r *remote) giveUp(ids []string, deliver func(jupyter.Event)) {
	for _, id := range ids {
		r.progress.mu.Lock()
		x := r.progress.pending[id]
		delete(r.progress.pending, id)
		r.progress.mu.Unlock()
		if x == nil || x.replied { // who waits for status idle has a limit
			continue
		}
		deliver(jupyter.Event{Time: time.Now(), Channel: jupyter.IOPub, Err: &jupyter.GapError{Err: r.gateway.errorf(
			"the kernel is idle and its reply is lost: whether the cell ran, and how it ended, is not known")}})
		if !x.idle {
			status := &jupyter.Status{State: jupyter.Idle}
			deliver(jupyter.Event{Time: time.Now(), Channel: jupyter.IOPub, Content: status, Message: &jupyter.Message{
				Header: jupyter.Header{Type: status.MessageType(), Session: r.session}, Parent: x.header,
			}})
		}
	}
}
