package comm

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
)

// patience is how long a handler may go on after an interrupt. Then those behind
// it have their turn.
const patience = time.Second

// dispatch calls handlers, one after the other.
func (conn *connection) dispatch() {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	for range conn.wake {
		for {
			conn.mu.Lock()
			if len(conn.queue) == 0 {
				conn.queue = nil // and its memory
				conn.mu.Unlock()
				break
			}
			next := conn.queue[0]
			conn.queue[0] = call{}
			conn.queue = conn.queue[1:]
			conn.handling = next.message.request
			conn.mu.Unlock()
			conn.call(next, interrupts)
			conn.mu.Lock()
			conn.handling = ""
			conn.mu.Unlock()
		}
	}
}

// call calls a handler, on a goroutine of its own: it may end that.
func (conn *connection) call(next call, interrupts <-chan os.Signal) {
	select {
	case <-interrupts: // of something before
	default:
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn.run(next)
	}()
	select {
	case <-ended:
		return
	case <-interrupts:
	}
	select {
	case <-ended:
	case <-time.After(patience):
		conn.fail(next.comm, next.message, commwire.Failure{Name: "Interrupted",
			Value: "the handler did not end when it was interrupted, and goes on; other handlers do not wait for it"})
		conn.end(next)
	}
}

// run calls a handler and tells the kernel when it begins and ends.
func (conn *connection) run(next call) {
	_ = conn.send(&commwire.Frame{Kind: commwire.Begin, Comm: next.comm.id})
	defer conn.end(next)
	conn.guarded(next.comm, next.message, func() { next.handle(next.comm, next.message) })
}

func (conn *connection) end(next call) {
	_ = conn.send(&commwire.Frame{Kind: commwire.End, Comm: next.comm.id, Request: next.message.request})
}

// guarded calls do and shows how it fails.
func (conn *connection) guarded(c *Comm, m Message, do func()) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			text := fmt.Sprintf("panic: %v", p)
			conn.fail(c, m, commwire.Failure{Name: "Panic", Traceback: append([]string{text}, stack()...),
				Value: fmt.Sprintf("in a handler of a front end's message: %v", p)})
		} else {
			conn.fail(c, m, commwire.Failure{Name: "Interrupted",
				Value: "a handler of a front end's message was interrupted"})
		}
	}()
	do()
	returned = true
}

// fail shows an error below the cell that made the comm.
func (conn *connection) fail(c *Comm, m Message, f commwire.Failure) {
	if len(f.Traceback) == 0 {
		f.Traceback = []string{f.Name + ": " + f.Value}
	}
	raw, err := json.Marshal(f)
	if err == nil {
		err = conn.send(&commwire.Frame{Kind: commwire.Error, Comm: c.id, Request: m.request, Data: raw})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "comm:", f.Value)
	}
}

// stack lists the calls below the panic that is being recovered, without the
// runtime's and ours.
func stack() (lines []string) {
	pcs := make([]uintptr, 100)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			lines = nil
		case strings.HasPrefix(f.Function, "runtime."):
		case strings.HasSuffix(f.Function, "kernel/comm.(*connection).guarded"):
			return lines
		default:
			lines = append(lines, fmt.Sprintf("%s\n\t%s:%d", f.Function, f.File, f.Line))
		}
		if !more {
			return lines
		}
	}
}
