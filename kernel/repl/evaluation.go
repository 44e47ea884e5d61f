package repl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// display shows what a kernel sends: a screen or plain lines.
type display interface {
	event(jupyter.Content) // takes in a message that shows something
	flush()                // makes it visible
	typed(string)          // the user has answered a prompt; the terminal has echoed it
	end()                  // nothing more comes, or what comes is not part of this
}

// evaluation is one input on its way through the kernel.
type evaluation struct {
	kernel *jupyter.Kernel
	source string
	show   display
	record *record
	// ask gets a line of input from the user, and tells whether the terminal
	// has shown it. Its error ends the cell. Nil: there is nobody to ask.
	ask func(ctx context.Context, prompt string, password bool) (line string, shown bool, err error)
	// interrupts is Ctrl-C.
	interrupts <-chan struct{}
	// interrupting are interrupts under way, also those of the input before: a
	// new one waits for them, or they might meet it.
	interrupting *sync.WaitGroup
	limit        time.Duration // how long the cell may run, 0 for ever
	attached     bool          // the kernel is not ours to end
	// interactive tells the user how to end a kernel that does not listen.
	interactive bool

	request     string
	stderr      strings.Builder // its end, for the verdict
	reply       *jupyter.ExecuteReply
	idle        bool
	dead        error
	interrupted int
	timedOut    bool
	times       times
}

// times are what happened when, by this process's clock.
type times struct {
	sent, busy, firstOutput, end time.Time
}

// Limits of a running cell.
const (
	showEvery      = 33 * time.Millisecond // the terminal is written to no more often
	idleWait       = 4 * time.Second       // from the reply to status idle
	replyWait      = 10 * time.Second      // from idle to the reply
	interruptEvery = 2 * time.Second       // an interrupt is repeated
	lostWait       = time.Second           // from a lost channel to the news of why
	lateWait       = 60 * time.Millisecond // for what GoNB shows after it is idle
	settleQuiet    = 30 * time.Millisecond // without output before a question is asked
	settleMost     = 500 * time.Millisecond
	maxStderr      = 64 << 10
)

// outcome is how an evaluation ended.
type outcome struct {
	failure     *execute.Failure // nil: it succeeded
	interrupted bool             // by the user
	timedOut    bool
	dead        error // the kernel is gone
	times       times
}

// run sends the input and follows it to its end.
func (v *evaluation) run(ctx context.Context) outcome {
	v.interrupting.Wait()
	v.times.sent = time.Now()
	request, err := v.kernel.Execute(ctx, jupyter.ExecuteRequest{
		Code: v.source, StoreHistory: true, AllowStdin: v.ask != nil, StopOnError: true,
	})
	v.request = request
	v.record.begin(request, v.source)
	if err != nil {
		v.dead = err
	} else {
		v.follow(ctx)
	}
	v.show.end()
	v.times.end = time.Now()
	return v.outcome()
}

func (v *evaluation) outcome() outcome {
	o := outcome{interrupted: v.interrupted > 0, timedOut: v.timedOut, dead: v.dead, times: v.times}
	switch {
	case v.dead != nil:
		o.failure = &execute.Failure{Class: execute.ClassDied, Name: execute.ClassDied, Value: v.dead.Error()}
	case v.reply == nil:
		o.failure = &execute.Failure{Class: execute.ClassKernel, Name: execute.ClassKernel, Value: "the kernel became idle without a reply"}
	default:
		o.failure = execute.Verdict(v.kernel.Info, v.source, v.reply, v.stderr.String())
	}
	return o
}

// follow takes in events until the kernel has replied and is idle, or is gone.
func (v *evaluation) follow(ctx context.Context) {
	timer := func() *time.Timer { t := time.NewTimer(time.Hour); t.Stop(); return t }
	show, again, giveUp, limit := timer(), timer(), timer(), timer()
	for _, t := range []*time.Timer{show, again, giveUp, limit} {
		defer t.Stop()
	}
	if v.limit > 0 {
		limit.Reset(v.limit)
	}
	var shown time.Time
	var lost error
	events, interrupts, cancelled := v.kernel.Events(), v.interrupts, ctx.Done()
	for v.dead == nil && !v.ended() {
		select {
		case e, ok := <-events:
			if !ok {
				v.dead = errors.Join(lost, errors.New("the connection to the kernel ended"))
				if lost != nil {
					v.dead = lost
				}
				return
			}
			hadReply, wasIdle := v.reply != nil, v.idle
			err := v.handle(ctx, e)
			var died *jupyter.DiedError
			switch {
			case errors.As(err, &died):
				v.dead = died
				return
			case err != nil && lost == nil:
				lost = err
				giveUp.Reset(lostWait)
			case !hadReply && v.reply != nil:
				giveUp.Reset(idleWait)
			case !wasIdle && v.idle:
				giveUp.Reset(replyWait)
			}
			show.Reset(max(0, showEvery-time.Since(shown)))
		case <-show.C:
			v.show.flush()
			shown = time.Now()
		case <-interrupts:
			again.Reset(interruptEvery)
			if stop := v.onInterrupt(); stop {
				return
			}
		case <-limit.C:
			v.timedOut = true
			v.interrupt()
			again.Reset(interruptEvery)
		case <-cancelled:
			cancelled = nil
			v.interrupted++
			v.interrupt()
			again.Reset(interruptEvery)
		case <-again.C:
			v.interrupt()
			again.Reset(interruptEvery)
		case <-giveUp.C:
			if lost != nil {
				v.dead = lost
			}
			return
		}
	}
	v.takeLate()
}

// How many Ctrl-C it takes.
const (
	warnAfter = 2
	endAfter  = 3
)

// onInterrupt obeys Ctrl-C: it interrupts the cell, later says that it does not
// stop, and at last ends the kernel. It reports whether to wait no longer.
func (v *evaluation) onInterrupt() (stop bool) {
	v.interrupted++
	switch {
	case v.interrupted < endAfter || !v.interactive:
		v.interrupt()
		if v.interactive && v.interrupted == warnAfter {
			next := "end the kernel; all values will be lost"
			if v.attached {
				next = "leave it running"
			}
			v.show.event(&jupyter.Stream{Name: "stderr", Text: "\nIt has not stopped yet. Ctrl-C once more to " + next + ".\n"})
			v.show.flush()
		}
	case v.attached:
		return true
	default:
		v.dead = errors.New("ended by Ctrl-C")
	}
	return v.dead != nil
}

func (v *evaluation) ended() bool { return v.reply != nil && v.idle }

// takeLate waits a little for what GoNB reads from a pipe after its program's
// end.
func (v *evaluation) takeLate() {
	if v.kernel.Info.Implementation != "gonb" {
		return
	}
	end := time.After(lateWait)
	for {
		select {
		case e, ok := <-v.kernel.Events():
			if !ok {
				return
			}
			if err := v.handle(context.Background(), e); err != nil {
				v.dead = err
				return
			}
		case <-end:
			return
		}
	}
}

// settle takes in what the cell has printed before it asked: that comes on
// another channel, and may come a little later.
func (v *evaluation) settle(ctx context.Context) {
	end := time.After(settleMost)
	for {
		select {
		case e, ok := <-v.kernel.Events():
			if !ok {
				return
			}
			if err := v.handle(ctx, e); err != nil {
				v.dead = err
				return
			}
		case <-time.After(settleQuiet):
			return
		case <-end:
			return
		}
	}
}

// interrupt does not wait for the kernel: its answer may come after the cell's
// end.
func (v *evaluation) interrupt() {
	kernel := v.kernel
	v.interrupting.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), interruptEvery)
		defer cancel()
		_ = kernel.Interrupt(ctx) // it is repeated
	})
}

// handle takes in one event. Its error says that the kernel or a channel to it
// is gone.
func (v *evaluation) handle(ctx context.Context, e jupyter.Event) error {
	var died *jupyter.DiedError
	var lost *jupyter.ChannelLostError
	if errors.As(e.Err, &died) || errors.As(e.Err, &lost) {
		return e.Err
	}
	if e.Content == nil {
		return nil
	}
	v.record.handle(e)
	if e.ParentID() != v.request {
		v.foreign(e)
		return nil
	}
	switch m := e.Content.(type) {
	case *jupyter.ExecuteReply:
		v.reply = m
	case *jupyter.Status:
		switch m.State {
		case jupyter.Busy:
			v.times.busy = e.Time
		case jupyter.Idle:
			v.idle = true
		}
	case *jupyter.ExecuteInput:
		v.record.number(m.ExecutionCount)
	case *jupyter.InputRequest:
		v.answer(ctx, e.Message, m)
	default:
		v.output(e)
	}
	return nil
}

// output shows something that the cell sent.
func (v *evaluation) output(e jupyter.Event) {
	if s, ok := e.Content.(*jupyter.Stream); ok && s.Name == "stderr" && v.stderr.Len() < maxStderr {
		v.stderr.WriteString(s.Text)
	}
	if v.times.firstOutput.IsZero() {
		v.times.firstOutput = e.Time
	}
	v.show.event(e.Content)
}

// foreign shows output that another request caused: an earlier one that goes on
// printing, or another client's.
func (v *evaluation) foreign(e jupyter.Event) {
	if e.Channel != jupyter.IOPub || !v.record.owns(e.ParentID()) {
		return
	}
	v.show.event(e.Content)
}

// answer gets a line from the user for the cell. If there is none, the cell is
// interrupted.
func (v *evaluation) answer(ctx context.Context, message *jupyter.Message, request *jupyter.InputRequest) {
	v.settle(ctx)
	v.show.event(&jupyter.Stream{Name: "stdout", Text: request.Prompt})
	v.show.flush()
	err := errors.New("there is nobody to ask for input")
	var line string
	var shown bool
	if v.ask != nil {
		line, shown, err = v.ask(ctx, request.Prompt, request.Password)
	}
	if err != nil {
		if !errors.Is(err, errCancelled) {
			v.show.event(&jupyter.Stream{Name: "stderr", Text: fmt.Sprintf("\n%v\n", err)})
		}
		v.interrupted++
		v.interrupt()
		return
	}
	switch {
	case shown:
		v.show.typed(line)
	case request.Password:
		v.show.event(&jupyter.Stream{Name: "stdout", Text: "\n"})
	default:
		v.show.event(&jupyter.Stream{Name: "stdout", Text: line + "\n"})
	}
	if err := v.kernel.Input(ctx, message, line); err != nil {
		v.show.event(&jupyter.Stream{Name: "stderr", Text: fmt.Sprintf("the answer could not be sent: %v\n", err)})
	}
}
