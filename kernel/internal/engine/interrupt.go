package engine

import (
	"errors"
	"fmt"
	"time"
)

var errInterrupted = errors.New("interrupted")

// Interrupt stops what runs: builds and shell commands at once, a cell when it
// listens, and the whole process when it has not listened for a while.
func (e *Engine) Interrupt() {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.running
	if r == nil {
		// A handler of a comm may run.
		if e.process != nil {
			_ = e.process.interrupt()
		}
		return
	}
	r.interrupts++
	r.cancel(errInterrupted)
	p := e.process
	if p != nil {
		_ = p.interrupt()
	}
	if r.interrupts > 1 {
		return
	}
	go func() {
		again := time.NewTicker(e.options.Grace / 4)
		defer again.Stop()
		limit := time.After(e.options.Grace)
		for {
			select {
			case <-r.ended:
				return
			case <-again.C:
				e.ifRuns(r, func() { _ = p.interrupt() })
			case <-limit:
				e.ifRuns(r, func() {
					p.kill(fmt.Sprintf("the cell did not stop within %s of being interrupted, so the process was ended",
						e.options.Grace))
				})
				return
			}
		}
	}()
}

// ifRuns does something to the process unless the cell has ended: if it ends at
// the moment when it was to be interrupted again, the next cell must not be
// met.
func (e *Engine) ifRuns(r *run, do func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running == r {
		do()
	}
}
