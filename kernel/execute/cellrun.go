package execute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// cellRun is the execution of one cell, from its request to the moment when the kernel has both replied and become idle,
// or was given up.
type cellRun struct {
	run    *run
	id     CellRef
	out    *cellOutputs
	limit  time.Duration
	timing Timing

	reply   *jupyter.ExecuteReply
	idle    bool
	noReply bool // given up waiting for it

	stop   stopReason
	prompt string // what the cell asked for, when stop is stopInput
	dead   error  // the kernel is gone: why
	lost   error  // a channel broke; the kernel's death may follow
}

// stopReason is why a running cell is being stopped.
type stopReason int

const (
	notStopped    stopReason = iota
	stopCell                 // its time is over
	stopTotal                // the run's time is over
	stopCancelled            // the caller's context ended
	stopInput                // it waits for input that nobody gives
	stopHung                 // the kernel does not answer its heartbeat
)

// lostWait is how long after a channel broke the end of the kernel's process is waited for, which says why.
const lostWait = time.Second

// run1 sends the cell and follows it to its end.
func (x *cellRun) run1(ctx context.Context) {
	x.run.interrupts.Wait()
	x.timing.Started = time.Now()
	defer func() { x.timing.Ended = time.Now() }()
	request, err := x.run.kernel.Execute(ctx, jupyter.ExecuteRequest{
		Code:         x.id.Cell.Source(),
		StoreHistory: true,
		AllowStdin:   len(x.run.inputs) > 0,
		StopOnError:  !x.run.allowsAllErrors(x.id.Cell),
	})
	x.run.outputs.track(request, x.out)
	x.run.observe(CellExecute{CellRef: x.id, At: x.timing.Started})
	if err != nil {
		x.lost = err
	}
	x.follow(ctx, request)
}

// alarm is a timer that is off until it is set.
type alarm struct{ *time.Timer }

func newAlarm() alarm {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return alarm{t}
}

func (x *cellRun) follow(ctx context.Context, request string) {
	var (
		limit, interrupt, kill   = newAlarm(), newAlarm(), newAlarm()
		idleWait, replyWait, end = newAlarm(), newAlarm(), newAlarm()
		save                     = newAlarm()
		cancelled                = ctx.Done()
		opts                     = x.run.opts
	)
	for _, a := range []alarm{limit, interrupt, kill, idleWait, replyWait, end, save} {
		defer a.Stop()
	}
	halt := func(why stopReason) {
		if x.stop != notStopped {
			return
		}
		x.stop = why
		interrupt.Reset(0)
		kill.Reset(opts.InterruptGrace)
	}
	if x.limit > 0 {
		limit.Reset(x.limit)
	}
	if opts.SaveEvery > 0 { // soon at first: the file shall say what runs, and what the cells before it did
		save.Reset(min(opts.SaveEvery, announceEvery))
	}
	if x.lost != nil {
		end.Reset(lostWait)
	}
	for x.dead == nil && !(x.idle && (x.reply != nil || x.noReply)) {
		select {
		case e, ok := <-x.run.kernel.Events():
			if !ok {
				x.dead = errors.Join(x.lost, errors.New("the connection to the kernel ended"))
				if x.lost != nil {
					x.dead = x.lost
				}
				return
			}
			hadReply, wasIdle, wasLost := x.reply != nil, x.idle, x.lost != nil
			x.handle(ctx, e, request)
			if x.prompt != "" {
				halt(stopInput)
			}
			if !hadReply && x.reply != nil && !x.idle {
				idleWait.Reset(opts.IdleTimeout)
			}
			if !wasIdle && x.idle && x.reply == nil {
				replyWait.Reset(opts.ReplyTimeout)
			}
			if !wasLost && x.lost != nil {
				end.Reset(lostWait)
			}
		case <-limit.C:
			halt(stopCell)
		case <-x.run.total:
			x.run.total = nil
			halt(stopTotal)
		case <-cancelled:
			cancelled = nil
			halt(stopCancelled)
		case <-opts.Force:
			x.stop, opts.Force = stopCancelled, nil
			kill.Reset(0)
		case err := <-x.run.hung:
			x.stop, x.run.hung = stopHung, nil
			x.lost = err
			kill.Reset(0)
		case <-interrupt.C:
			x.run.interrupt()
			interrupt.Reset(opts.InterruptEvery)
		case <-kill.C:
			go x.run.kernel.Close() // SIGTERM, SIGKILL a second later; the events end
			if x.lost == nil {
				x.lost = fmt.Errorf("it did not end within %v after an interrupt and was killed", opts.InterruptGrace)
			}
			end.Reset(lostWait)
		case <-idleWait.C:
			x.run.warn(x.out, fmt.Sprintf("the kernel did not say that it was idle within %v of its reply", opts.IdleTimeout))
			x.idle = true
		case <-replyWait.C:
			x.noReply = true
		case <-save.C:
			x.run.touched[x.out] = true
			x.run.bringUpToDate()
			x.run.save.offer()
			save.Reset(opts.SaveEvery)
		case <-end.C:
			x.dead = x.lost
		}
	}
}

// handle takes in one event.
func (x *cellRun) handle(ctx context.Context, e jupyter.Event, request string) {
	var (
		died *jupyter.DiedError
		lost *jupyter.ChannelLostError
	)
	switch {
	case errors.As(e.Err, &died):
		x.dead = died
		return
	case errors.As(e.Err, &lost):
		x.lost = lost
		return
	case e.Err != nil:
		x.run.warn(x.out, e.Err.Error())
		if e.Content == nil {
			return
		}
	}
	x.run.outputs.handle(e)
	if e.ParentID() != request {
		return
	}
	switch m := e.Content.(type) {
	case *jupyter.ExecuteReply:
		if x.reply == nil {
			x.reply, x.timing.Reply = m, e.Time
		}
	case *jupyter.ExecuteInput:
		x.timing.Input = e.Time
	case *jupyter.Status:
		switch m.State {
		case jupyter.Busy:
			x.timing.Busy = e.Time
		case jupyter.Idle:
			x.timing.Idle, x.idle = e.Time, true
		}
	case *jupyter.InputRequest:
		x.answer(ctx, e.Message, m)
	}
}

// answer gives the kernel the next input; without one left the cell is stopped.
func (x *cellRun) answer(ctx context.Context, message *jupyter.Message, request *jupyter.InputRequest) {
	if len(x.run.inputs) == 0 {
		x.prompt = fmt.Sprintf("the cell asked for input (%q) and there is none: give answers with --input",
			strings.TrimSpace(request.Prompt))
		return
	}
	value := x.run.inputs[0]
	x.run.inputs = x.run.inputs[1:]
	if err := x.run.kernel.Input(ctx, message, value); err != nil {
		x.lost = err
	}
}
