package jupyter

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Execution is one execute request, followed until the kernel has replied and
// is idle again, or is gone. One goroutine follows it, in a loop of its own, so
// that it can wait for other things at the same time: the package's description
// shows such a loop. It gives what it receives to Take, calls Wake when
// something is due, and ends when Ended says so.
type Execution struct {
	// ID is the request's id, and the ParentID of the events that it causes.
	ID string
	// Sent is when the request was sent.
	Sent time.Time
	// Reply is the kernel's first reply, nil until it comes.
	Reply *ExecuteReply
	// Idle tells that the kernel said that it is idle again.
	Idle bool
	// Dead says why the kernel is gone; nil as long as it is not. The caller
	// may set it to end the execution.
	Dead error

	// Waits are those given to Follow, with their defaults.
	Waits Waits

	kernel  *Kernel
	lost    error // the kernel is given up for this reason, unless a better one comes
	overdue bool  // the reply or status idle did not come in time

	timer         *time.Timer // for the earlier one of:
	giveUp, again time.Time   // end the wait; interrupt again. Zero: never
}

// Waits say how long an execution waits. Zero fields have the defaults given.
type Waits struct {
	Idle           time.Duration // from the reply to status idle: 4 s
	Reply          time.Duration // from status idle to the reply: 10 s
	InterruptEvery time.Duration // Halt interrupts as often: 2 s
	Interrupt      time.Duration // for the answer to an interrupt: InterruptEvery
}

// lostWait is how long after the loss of a channel the end of the kernel's
// process is waited for, which says why the channel was lost.
const lostWait = time.Second

var errEventsEnded = errors.New("the connection to the kernel ended")

// Follow sends an execute request to be followed. It first waits until the
// interrupts of earlier executions are through, which might meet this one. So
// only one execution of a kernel can be followed at a time.
//
// The execution is there also if the request could not be sent.
func (k *Kernel) Follow(ctx context.Context, request ExecuteRequest, waits Waits) (*Execution, error) {
	waits.Idle = cmp.Or(waits.Idle, 4*time.Second)
	waits.Reply = cmp.Or(waits.Reply, 10*time.Second)
	waits.InterruptEvery = cmp.Or(waits.InterruptEvery, 2*time.Second)
	waits.Interrupt = cmp.Or(waits.Interrupt, waits.InterruptEvery)
	k.interrupts.Wait()
	x := &Execution{kernel: k, Waits: waits, Sent: time.Now(), timer: time.NewTimer(time.Hour)}
	x.arm()
	var err error
	x.ID, err = k.Execute(ctx, request)
	return x, err
}

// Ended tells whether there is nothing more to wait for: the kernel has replied
// and is idle, or one of the two did not come in time, or the kernel is gone.
func (x *Execution) Ended() bool { return x.Dead != nil || x.overdue || x.Reply != nil && x.Idle }

// Take takes in what was received from the kernel's events. It reports whether
// the event is for the caller to look at: it is not if it tells of the
// connection's end. Events of other requests, and of bad messages, are.
func (x *Execution) Take(e Event, ok bool) bool {
	var (
		died *DiedError
		lost *ChannelLostError
	)
	switch {
	case !ok:
		x.Dead = cmp.Or(x.lost, errEventsEnded)
		return false
	case errors.As(e.Err, &died):
		x.Dead = died
		return false
	case errors.As(e.Err, &lost):
		x.GiveUp(lost)
		return false
	case e.ParentID() != x.ID:
		return true
	}
	switch m := e.Content.(type) {
	case *ExecuteReply:
		if x.Reply == nil {
			x.Reply = m
			x.expect(x.Waits.Idle)
		}
	case *Status:
		if m.State == Idle && !x.Idle {
			x.Idle = true
			x.expect(x.Waits.Reply)
		}
	}
	return true
}

// expect bounds the wait for the other one of reply and status idle. A kernel
// that is given up has its bound already.
func (x *Execution) expect(within time.Duration) {
	if x.lost == nil {
		x.giveUp = time.Now().Add(within)
		x.arm()
	}
}

// GiveUp says that the kernel will not end the execution, and why. In a second
// it counts as dead, of this reason unless its process says a better one. Only
// the first call counts.
func (x *Execution) GiveUp(reason error) {
	if x.lost == nil {
		x.expect(lostWait)
		x.lost = reason
	}
}

// Lost is why the kernel was given up, or nil.
func (x *Execution) Lost() error { return x.lost }

// Interrupt interrupts the kernel once. It does not wait for the answer, which
// may come after the execution's end.
func (x *Execution) Interrupt() {
	kernel, limit := x.kernel, x.Waits.Interrupt
	kernel.interrupts.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		_ = kernel.Interrupt(ctx) // who needs the effect repeats it
	})
}

// Halt interrupts the kernel, again and again until the execution has ended: a
// kernel may ignore an interrupt.
func (x *Execution) Halt() {
	x.Interrupt()
	x.again = time.Now().Add(x.Waits.InterruptEvery)
	x.arm()
}

// Due delivers when Wake is to be called.
func (x *Execution) Due() <-chan time.Time { return x.timer.C }

// Wake does what has become due.
func (x *Execution) Wake() {
	due := func(at time.Time) bool { return !at.IsZero() && !time.Now().Before(at) }
	if due(x.giveUp) {
		x.giveUp, x.overdue, x.Dead = time.Time{}, true, cmp.Or(x.Dead, x.lost)
	}
	if due(x.again) && !x.Ended() {
		x.Halt()
	}
	x.arm()
}

// arm sets the timer to what is due next.
func (x *Execution) arm() {
	next := x.giveUp
	if next.IsZero() || !x.again.IsZero() && x.again.Before(next) {
		next = x.again
	}
	x.timer.Stop()
	if !next.IsZero() {
		x.timer.Reset(time.Until(next))
	}
}

// Drain hands what comes late to take, until nothing has come for quiet, at
// most for most. take reports whether the event counts as something.
func (c *Client) Drain(quiet, most time.Duration, take func(Event) bool) {
	silence, end := time.NewTimer(quiet), time.After(most)
	for {
		select {
		case e, ok := <-c.Events():
			if !ok {
				return
			}
			if take(e) {
				silence.Reset(quiet)
			}
		case <-silence.C:
			return
		case <-end:
			return
		}
	}
}
