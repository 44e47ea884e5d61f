package execute

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// cellRun is the execution of one cell, from its request to the moment when the
// kernel has both replied and become idle, or was given up.
type cellRun struct {
	*jupyter.Execution // while it runs and after
	run                *run
	id                 CellRef
	out                *cellOutputs
	limit              time.Duration
	timing             Timing
	costs              *jupyter.Costs // nil: the kernel has not told

	stop   stopReason
	prompt string // what the cell asked for, when stop is stopInput
}

// stopReason is why a running cell is being stopped.
type stopReason int

const (
	notStopped   stopReason = iota
	stopCell                // its time is over
	stopTotal               // the run's time is over
	stopCanceled            // the caller's context ended
	stopInput               // it waits for input that nobody gives
	stopHung                // the kernel does not answer its heartbeat
)

// execute sends the cell and follows it to its end.
func (x *cellRun) execute(ctx context.Context) {
	opts := x.run.opts
	request := jupyter.ExecuteRequest{
		Code:         x.id.Cell.Source(),
		StoreHistory: true,
		AllowStdin:   len(x.run.inputs) > 0,
		StopOnError:  !x.run.allowsAllErrors(x.id.Cell),
	}
	var err error
	x.Execution, err = x.run.kernel.Follow(ctx, request, jupyter.Waits{
		Idle: opts.IdleTimeout, Reply: opts.ReplyTimeout,
		InterruptEvery: opts.InterruptEvery, Interrupt: opts.InterruptGrace,
	})
	x.timing.Started = x.Sent
	x.run.outputs.track(x.ID, x.out)
	x.run.observe(CellExecute{CellRef: x.id, At: x.timing.Started})
	if err != nil {
		x.GiveUp(err)
	}
	x.follow(ctx)
	if x.stop == stopHung && x.Dead == nil { // it is being killed, whatever it said
		x.Dead = x.Lost()
	}
	if x.Dead == nil && !x.Idle {
		x.run.warn(x.out, fmt.Sprintf("the kernel did not say that it was idle within %v of its reply", x.Waits.Idle))
	}
	x.timing.Ended = time.Now()
}

func (x *cellRun) follow(ctx context.Context) {
	var (
		limit, kill, save <-chan time.Time
		canceled          = ctx.Done()
		opts              = x.run.opts
	)
	halt := func(why stopReason) {
		if x.stop == notStopped {
			x.stop = why
			kill = time.After(opts.InterruptGrace)
			x.Halt()
		}
	}
	if x.limit > 0 {
		limit = time.After(x.limit)
	}
	if opts.SaveEvery > 0 { // soon at first: the file shall say what runs, and what the cells before it did
		save = time.After(min(opts.SaveEvery, announceEvery))
	}
	for !x.Ended() {
		select {
		case e, ok := <-x.run.kernel.Events():
			if x.Take(e, ok) {
				x.handle(ctx, e)
			}
			if x.prompt != "" {
				halt(stopInput)
			}
		case <-x.Due():
			x.Wake()
		case <-limit:
			halt(stopCell)
		case <-x.run.total:
			x.run.total = nil
			halt(stopTotal)
		case <-canceled:
			canceled = nil
			halt(stopCanceled)
		case <-opts.Force:
			x.stop, opts.Force = stopCanceled, nil
			kill = time.After(0)
		case err := <-x.run.hung:
			x.stop, x.run.hung = stopHung, nil
			x.GiveUp(err)
			kill = time.After(0)
		case <-kill:
			go x.run.kernel.Close() // SIGTERM, SIGKILL a second later; the events end
			x.GiveUp(fmt.Errorf("it did not end within %v after an interrupt and was killed", opts.InterruptGrace))
		case <-save:
			x.run.touched[x.out] = true
			x.run.bringUpToDate()
			x.run.save.offer()
			save = time.After(opts.SaveEvery)
		}
	}
}

// handle takes in one event.
func (x *cellRun) handle(ctx context.Context, e jupyter.Event) {
	if e.Err != nil {
		x.run.warn(x.out, e.Err.Error())
		if e.Content == nil {
			return
		}
	}
	x.run.outputs.handle(e)
	if e.ParentID() != x.ID {
		return
	}
	switch m := e.Content.(type) {
	case *jupyter.ExecuteReply:
		if m == x.Reply {
			x.timing.Reply = e.Time
			x.costs = jupyter.CostsOf(e.Message)
		}
	case *jupyter.ExecuteInput:
		x.timing.Input = e.Time
	case *jupyter.Status:
		switch m.State {
		case jupyter.Busy:
			x.timing.Busy = e.Time
		case jupyter.Idle:
			x.timing.Idle = e.Time
		}
	case *jupyter.InputRequest:
		x.answer(ctx, e.Message, m)
	}
}

// answer gives the kernel the next input; without one left the cell is stopped.
func (x *cellRun) answer(ctx context.Context, message *jupyter.Message, request *jupyter.InputRequest) {
	if len(x.run.inputs) == 0 {
		x.prompt = fmt.Sprintf("the cell asked for input (%q) and there is none: give answers with -input",
			strings.TrimSpace(request.Prompt))
		return
	}
	value := x.run.inputs[0]
	x.run.inputs = x.run.inputs[1:]
	if err := x.run.kernel.Input(ctx, message, value); err != nil {
		x.GiveUp(err)
	}
}
