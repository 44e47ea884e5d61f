// Package comm lets the cells of a notebook talk to the page that shows the
// notebook: Jupyter's comms, named channels of JSON messages with binary
// buffers, on which widgets are built (package kernel/widgets).
//
// A cell opens a comm for a target that the page knows, or takes comms that the
// page opens for a target of the cell's ([HandleTarget]). Messages from the page
// are handled one after the other, on a goroutine that is not the cell's: also
// while a cell computes. So what a handler and a cell both touch needs a lock.
// What a handler prints, and how it fails, shows below the cell that opened its
// comm.
//
// This works on the live kernel. Elsewhere (GoNB, a program of its own) there is
// nobody to talk to: [Available] says no, and what is sent goes nowhere.
package comm

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
)

// Message is what the page sent.
type Message struct {
	// Data and Metadata are JSON objects, as they came.
	Data, Metadata json.RawMessage
	Buffers        [][]byte

	request string
}

// Comm is a channel to the page. Its methods may be called by several
// goroutines at a time.
type Comm struct {
	id, target string
	conn       *connection // nil: nobody is there

	mu        sync.Mutex
	closed    bool
	onArrival func(Message)
	onMessage func(Message)
	onClose   func(Message)
}

// ErrClosed is the error of what is sent on a comm that is closed.
var ErrClosed = errors.New("the comm is closed")

// Options say how a comm is opened.
type Options struct {
	// ID is the comm's, by default a new one.
	ID string
	// Metadata go with the message, as a JSON object.
	Metadata any
	Buffers  [][]byte
}

// Available tells whether there is a kernel that takes comms.
func Available() bool { return connect() != nil }

// Open opens a comm for a target of the page's. Data is what encoding/json makes
// an object of.
func Open(target string, data any, o Options) (*Comm, error) {
	if o.ID == "" {
		o.ID = newID()
	}
	c := &Comm{id: o.ID, target: target, conn: connect()}
	if c.conn == nil {
		return c, nil
	}
	f, err := c.frame(commwire.Open, data, o.Metadata, o.Buffers)
	if err != nil {
		return nil, err
	}
	f.Target = target
	c.conn.add(c)
	if err := c.conn.send(f); err != nil {
		c.conn.remove(c)
		return nil, err
	}
	return c, nil
}

// HandleTarget has opened called for each comm that the page opens for a target.
// A comm stays open unless opened closes it or panics.
func HandleTarget(target string, opened func(*Comm, Message)) error {
	conn := connect()
	if conn == nil {
		return nil
	}
	conn.mu.Lock()
	conn.targets[target] = opened
	conn.mu.Unlock()
	return conn.send(&commwire.Frame{Kind: commwire.Target, Target: target})
}

// Sync returns when the kernel has passed on all that was sent.
func Sync() {
	if conn := connect(); conn != nil {
		conn.sync()
	}
}

// ID is what the page knows the comm by.
func (c *Comm) ID() string { return c.id }

// OnMessage sets what is called for each message from the page.
func (c *Comm) OnMessage(handle func(Message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onMessage = handle
}

// OnArrival sets what is called as soon as a message arrives, before those for
// OnMessage that have to wait for other handlers. It must not wait for anything.
func (c *Comm) OnArrival(note func(Message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onArrival = note
}

// OnClose sets what is called when the page has closed the comm.
func (c *Comm) OnClose(handle func(Message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onClose = handle
}

// Send sends data, which encoding/json makes an object of, and buffers.
func (c *Comm) Send(data any, buffers ...[]byte) error { return c.reply("", data, buffers) }

// Reply sends data as an answer to a message, by which the page knows what has
// become of the message.
func (c *Comm) Reply(to Message, data any, buffers ...[]byte) error {
	return c.reply(to.request, data, buffers)
}

func (c *Comm) reply(request string, data any, buffers [][]byte) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return fmt.Errorf("comm %s: %w", c.id, ErrClosed)
	}
	if c.conn == nil {
		return nil
	}
	f, err := c.frame(commwire.Message, data, nil, buffers)
	if err != nil {
		return err
	}
	f.Request = request
	return c.conn.send(f)
}

// Close closes the comm on both sides.
func (c *Comm) Close() error {
	if !c.close() || c.conn == nil {
		return nil
	}
	c.conn.remove(c)
	return c.conn.send(&commwire.Frame{Kind: commwire.Close, Comm: c.id})
}

// close marks the comm as closed, once.
func (c *Comm) close() (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first = !c.closed
	c.closed = true
	return first
}

func (c *Comm) frame(kind string, data, metadata any, buffers [][]byte) (*commwire.Frame, error) {
	f := &commwire.Frame{Kind: kind, Comm: c.id, Buffers: buffers}
	var err error
	if f.Data, err = object(data); err == nil {
		f.Metadata, err = object(metadata)
	}
	if err != nil {
		return nil, fmt.Errorf("comm %s (%s): %w", c.id, c.target, err)
	}
	return f, nil
}

// object encodes a JSON object; nil is none.
func object(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil, fmt.Errorf("a message is a JSON object, not %.40s", raw)
	}
	return raw, nil
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
