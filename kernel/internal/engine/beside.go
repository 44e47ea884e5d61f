package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// Cells of subshells run beside those of the notebook, on the same values: while
// the code of one runs, another can be compiled, loaded and run. What the engine
// and the session know is changed by one cell at a time, which has the turn.

// inProcess runs code of the cell in the process, and lets others have their turn
// meanwhile. An interrupt ends the cell, not the wait for it.
func (r *run) inProcess(execution int64, c host.Command) (host.Answer, error) {
	r.mu.Lock()
	r.number = execution
	if r.cell.Beside == nil {
		r.executing = execution
	}
	interrupted := r.ctx.Err() != nil
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.number = 0
		if r.cell.Beside == nil {
			r.executing = 0
		}
	}()
	if interrupted && r.cell.Beside != nil {
		return host.Answer{Outcome: host.Interrupted}, nil
	}
	return r.do(c)
}

// do has the process carry out a command.
func (r *run) do(c host.Command) (host.Answer, error) {
	p := r.process
	r.ranIn = p
	r.turn.Unlock()
	defer r.turn.Lock()
	if r.cell.Beside == nil {
		return p.do(context.WithoutCancel(r.ctx), c)
	}
	c.Beside = true
	a, err := p.ask(r.waits, c)
	if errors.Is(err, errInterrupted) {
		return host.Answer{Outcome: host.Interrupted}, nil
	}
	return a, err
}

// others tells whether cells run beside this one.
func (r *run) others() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cell.Beside != nil {
		return r.running != nil || len(r.besides) > 1
	}
	return len(r.besides) > 0
}

// front is where the cell's user sits.
func (r *run) front() Front {
	if r.cell.Beside != nil {
		return r.cell.Beside
	}
	return r.options.Front
}

// print, stdout, stderr and show are the engine's, but for a cell that runs
// beside they go to its own front.
func (r *run) print(stream, text string) {
	if r.cell.Beside != nil {
		r.cell.Beside.Print(stream, text)
		return
	}
	r.Engine.print(stream, text)
}

func (r *run) stdout(format string, args ...any) { r.print("stdout", fmt.Sprintf(format, args...)) }
func (r *run) stderr(format string, args ...any) { r.print("stderr", fmt.Sprintf(format, args...)) }

func (r *run) show(mimeType, page, text string) {
	r.front().Show(Display{Data: map[string]any{mimeType: page, "text/plain": text}})
}

// printedBeside passes on what a cell prints that runs beside.
func (e *Engine) printedBeside(a host.Answer) {
	e.mu.Lock()
	var front Front
	for r := range e.besides {
		if r.number == a.Cell {
			front = r.cell.Beside
		}
	}
	e.mu.Unlock()
	if front != nil {
		front.Print(a.Stream, a.Text)
	}
}

// InterruptBeside stops the cells that run beside for a front. What does not
// listen goes on: ending the process would end the others' cells and values. Its
// user is told after a while, and can then leave it by another interrupt.
func (e *Engine) InterruptBeside(front Front) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for r := range e.besides {
		if r.cell.Beside != front {
			continue
		}
		r.interrupts++
		r.cancel(errInterrupted)
		if r.interrupts == 1 {
			go r.offerToLeave()
		}
		if r.canLeave {
			r.leave(errInterrupted)
		}
		if r.number != 0 && e.process != nil {
			p, number := e.process, r.number
			go func() {
				if err := p.send(host.Command{Stop: number}); err != nil {
					fmt.Fprintln(os.Stderr, "live kernel: an interrupt cannot be sent:", err)
				}
			}()
		}
	}
}

// offerToLeave tells what to do about a cell that has not stopped.
func (r *run) offerToLeave() {
	select {
	case <-r.ended:
		return
	case <-time.After(r.options.Grace):
	}
	r.mu.Lock()
	r.canLeave = r.besides[r]
	offers := r.canLeave
	r.mu.Unlock()
	if offers {
		r.cell.Beside.Print("stderr", fmt.Sprintf("note: the cell has not stopped within %s of being interrupted: "+
			"it waits for something, or is in a long call. Interrupt it once more to leave it: it goes on in the "+
			"background then, and all values and other cells stay. "+
			"If it waits for a channel, another cell can send to that or close it.\n",
			r.options.Grace))
	}
}

// showsBeside is the cell that runs beside and has sent what a pipe brought up to
// a place, nil if it is another's.
func (e *Engine) showsBeside(p *process, end int64) *run {
	e.mu.Lock()
	none := len(e.besides) == 0 || p == nil
	e.mu.Unlock()
	if none {
		return nil
	}
	a, err := p.query(context.Background(), host.Query{Display: end})
	if err != nil || a.Cell == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for r := range e.besides {
		if r.number == a.Cell {
			return r
		}
	}
	return nil
}
