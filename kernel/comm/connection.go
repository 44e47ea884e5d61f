package comm

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
)

// connection is this process's one way to the kernel. One goroutine reads, and
// one calls handlers.
type connection struct {
	out, in *os.File
	writing sync.Mutex

	mu      sync.Mutex
	comms   map[string]*Comm
	targets map[string]func(*Comm, Message)
	syncs   []chan struct{}
	queue   []call
	wake    chan struct{} // holds one if there is a queue
	// handling is the request that the running handler is for.
	handling string
	lost     error
}

// call is a handler to be called.
type call struct {
	comm    *Comm
	message Message
	handle  func(*Comm, Message)
}

// connect opens the connection when it is first wanted; nil where there is no
// kernel for comms.
var connect = sync.OnceValue(func() *connection {
	outName, inName := os.Getenv(commwire.OutVariable), os.Getenv(commwire.InVariable)
	if outName == "" || inName == "" {
		return nil
	}
	out, err := os.OpenFile(outName, os.O_WRONLY, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "comm: there is no way to the kernel:", err)
		return nil
	}
	in, err := os.OpenFile(inName, os.O_RDONLY, 0)
	if err != nil {
		out.Close()
		fmt.Fprintln(os.Stderr, "comm: there is no way to the kernel:", err)
		return nil
	}
	return newConnection(out, in)
})

func newConnection(out, in *os.File) *connection {
	conn := &connection{out: out, in: in, comms: map[string]*Comm{}, targets: map[string]func(*Comm, Message){},
		wake: make(chan struct{}, 1)}
	go conn.read()
	go conn.dispatch()
	return conn
}

func (conn *connection) send(f *commwire.Frame) error {
	if f.Request == "" {
		conn.mu.Lock()
		f.Request = conn.handling
		conn.mu.Unlock()
	}
	conn.writing.Lock()
	defer conn.writing.Unlock()
	return commwire.Write(conn.out, f)
}

func (conn *connection) add(c *Comm) {
	conn.mu.Lock()
	defer conn.mu.Unlock()
	conn.comms[c.id] = c
}

func (conn *connection) remove(c *Comm) {
	conn.mu.Lock()
	defer conn.mu.Unlock()
	delete(conn.comms, c.id)
}

// syncLimit is how long the kernel may take to answer: cells end then, too.
const syncLimit = 5 * time.Second

func (conn *connection) sync() {
	done := make(chan struct{})
	conn.mu.Lock()
	if conn.lost != nil {
		conn.mu.Unlock()
		return
	}
	conn.syncs = append(conn.syncs, done)
	conn.mu.Unlock()
	if conn.send(&commwire.Frame{Kind: commwire.Sync}) != nil {
		return
	}
	select {
	case <-done:
	case <-time.After(syncLimit):
	}
}

// read takes frames from the kernel.
func (conn *connection) read() {
	r := bufio.NewReaderSize(conn.in, 64<<10)
	for {
		f, err := commwire.Read(r)
		if err != nil {
			conn.lose(err)
			return
		}
		conn.take(f)
	}
}

func (conn *connection) lose(err error) {
	if !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, "comm: the kernel cannot be heard any more:", err)
	}
	conn.mu.Lock()
	defer conn.mu.Unlock()
	conn.lost = err
	for _, done := range conn.syncs {
		close(done)
	}
	conn.syncs = nil
}

// take deals with a frame from the kernel.
func (conn *connection) take(f *commwire.Frame) {
	m := Message{Data: f.Data, Metadata: f.Metadata, Buffers: f.Buffers, request: f.Request}
	conn.mu.Lock()
	c := conn.comms[f.Comm]
	opened := conn.targets[f.Target]
	conn.mu.Unlock()
	switch {
	case f.Kind == commwire.Sync:
		conn.mu.Lock()
		if len(conn.syncs) > 0 {
			close(conn.syncs[0])
			conn.syncs = conn.syncs[1:]
		}
		conn.mu.Unlock()
	case f.Kind == commwire.Open && opened != nil:
		c = &Comm{id: f.Comm, target: f.Target, conn: conn}
		conn.add(c)
		conn.enqueue(call{c, m, func(c *Comm, m Message) {
			good := false
			defer func() {
				if !good {
					_ = c.Close()
				}
			}()
			opened(c, m)
			good = true
		}})
	case f.Kind == commwire.Message && c != nil:
		c.mu.Lock()
		arrived := c.onArrival
		c.mu.Unlock()
		if arrived != nil {
			conn.guarded(c, m, func() { arrived(m) })
		}
		conn.enqueue(call{c, m, func(c *Comm, m Message) {
			c.mu.Lock()
			handle := c.onMessage
			c.mu.Unlock()
			if handle != nil {
				handle(m)
			}
		}})
	case f.Kind == commwire.Close && c != nil:
		c.close()
		conn.remove(c)
		conn.enqueue(call{c, m, func(c *Comm, m Message) {
			c.mu.Lock()
			handle := c.onClose
			c.mu.Unlock()
			if handle != nil {
				handle(m)
			}
		}})
	default:
		// The comm was closed meanwhile; the kernel waits for the end of what is
		// asked of it.
		conn.enqueue(call{&Comm{id: f.Comm, conn: conn}, m, func(*Comm, Message) {}})
	}
}

func (conn *connection) enqueue(c call) {
	conn.mu.Lock()
	conn.queue = append(conn.queue, c)
	conn.mu.Unlock()
	select {
	case conn.wake <- struct{}{}:
	default:
	}
}
