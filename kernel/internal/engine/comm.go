package engine

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// Comms is the kernel's end of the comms of cells. Its methods may be called at
// any time, those about one process one after the other.
type Comms interface {
	// Said takes a frame of the process.
	Said(*commwire.Frame)
	// Printed shows what a handler of a comm has printed.
	Printed(comm, stream, text string)
	// Handled says that a handler of a comm has ended, and printed all that it
	// had to.
	Handled(comm string)
	// Gone says that the process is gone, and all its comms with it.
	Gone()
}

// errNoProcess says that there is nobody to take a frame.
var errNoProcess = errors.New("the process for cells has no comms")

// Tell sends a frame to the process.
func (e *Engine) Tell(f *commwire.Frame) error {
	e.mu.Lock()
	c := e.comms
	e.mu.Unlock()
	if c == nil {
		return errNoProcess
	}
	return c.tell(f)
}

// commPipes are the way of comms to the process and back: two named pipes, see
// package commwire.
type commPipes struct {
	comms           Comms // may be nil
	out, in         *os.File
	outName, inName string
	closed          chan struct{}
	mu              sync.Mutex // of writers
	gone            sync.Once
}

func openCommPipes(dir string, comms Comms) (*commPipes, error) {
	n := pipeNumber.Add(1)
	c := &commPipes{comms: comms, outName: filepath.Join(dir, fmt.Sprintf("commout%d", n)),
		inName: filepath.Join(dir, fmt.Sprintf("commin%d", n)), closed: make(chan struct{})}
	for _, name := range []string{c.outName, c.inName} {
		if err := makeFifo(name); err != nil {
			return nil, fmt.Errorf("cannot make the pipe for comms: %w", err)
		}
	}
	var err error
	// For both directions, so that opening does not wait for the host.
	if c.out, err = os.OpenFile(c.outName, os.O_RDWR|syscall.O_NONBLOCK, 0); err == nil {
		c.in, err = os.OpenFile(c.inName, os.O_RDWR|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		close(c.closed)
		c.close()
		return nil, fmt.Errorf("cannot open the pipe for comms: %w", err)
	}
	go c.read()
	return c, nil
}

// env tells the host where the pipes are.
func (c *commPipes) env() []string {
	return []string{commwire.OutVariable + "=" + c.outName, commwire.InVariable + "=" + c.inName}
}

// read passes frames on until the pipe is closed.
func (c *commPipes) read() {
	defer close(c.closed)
	r := bufio.NewReaderSize(c.out, 64<<10)
	for {
		f, err := commwire.Read(r)
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				fmt.Fprintln(os.Stderr, "live kernel: comms cannot be read any more:", err)
			}
			return
		}
		if f.Kind != commwire.Sync {
			if c.comms != nil {
				c.comms.Said(f)
			}
			continue
		}
		if err := c.tell(f); err != nil {
			fmt.Fprintln(os.Stderr, "live kernel:", err)
		}
	}
}

func (c *commPipes) tell(f *commwire.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return commwire.Write(c.in, f)
}

// handler takes what the host knows of handlers.
func (c *commPipes) handler(a host.Answer) {
	switch {
	case c.comms == nil:
	case a.Outcome == host.Printed:
		c.comms.Printed(a.Comm, a.Stream, a.Text)
	default:
		c.comms.Handled(a.Comm)
	}
}

// close says that the process is gone.
func (c *commPipes) close() {
	c.gone.Do(func() {
		if c.out != nil {
			c.out.Close()
			<-c.closed
		}
		if c.in != nil {
			c.in.Close()
		}
		_, _ = os.Remove(c.outName), os.Remove(c.inName)
		if c.comms != nil {
			c.comms.Gone()
		}
	})
}
