package repl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
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
	*jupyter.Execution // once it has been sent
	kernel             *jupyter.Kernel
	source             string
	show               display
	record             *record
	// ask gets a line of input from the user, and tells whether the terminal
	// has shown it. Its error ends the cell. Nil: there is nobody to ask.
	ask func(ctx context.Context, prompt string, password bool) (line string, shown bool, err error)
	// interrupts is Ctrl-C.
	interrupts <-chan struct{}
	limit      time.Duration // how long the cell may run, 0 for ever
	attached   bool          // the kernel is not ours to end
	// interactive tells the user how to end a kernel that does not listen.
	interactive bool

	stderr      strings.Builder // its end, for the verdict
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
	showEvery   = 33 * time.Millisecond // the terminal is written to no more often
	lateWait    = 60 * time.Millisecond // for what GoNB shows after it is idle
	settleQuiet = 30 * time.Millisecond // without output before a question is asked
	settleMost  = 500 * time.Millisecond
	maxStderr   = 64 << 10
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
	var err error
	v.Execution, err = v.kernel.Follow(ctx, jupyter.ExecuteRequest{
		Code: v.source, StoreHistory: true, AllowStdin: v.ask != nil, StopOnError: true,
	}, jupyter.Waits{})
	v.Dead = err
	v.times.sent = v.Sent
	v.record.begin(v.ID, v.source)
	v.follow(ctx)
	v.show.end()
	v.times.end = time.Now()
	return v.outcome()
}

func (v *evaluation) outcome() outcome {
	o := outcome{interrupted: v.interrupted > 0, timedOut: v.timedOut, dead: v.Dead, times: v.times}
	switch {
	case v.Dead != nil:
		o.failure = &execute.Failure{Class: execute.ClassDied, Name: execute.ClassDied, Value: v.Dead.Error()}
	case v.Reply == nil:
		o.failure = &execute.Failure{Class: execute.ClassKernel, Name: execute.ClassKernel,
			Value: "the kernel became idle without a reply"}
	default:
		o.failure = execute.Verdict(v.kernel.Info, v.source, v.Reply, v.stderr.String())
	}
	return o
}

// follow takes in events until the kernel has replied and is idle, or is gone.
func (v *evaluation) follow(ctx context.Context) {
	var (
		limit, show <-chan time.Time
		shown       time.Time
		canceled    = ctx.Done()
	)
	if v.limit > 0 {
		limit = time.After(v.limit)
	}
	for !v.Ended() {
		select {
		case e, ok := <-v.kernel.Events():
			v.handle(ctx, e, ok)
			if show == nil {
				show = time.After(max(0, showEvery-time.Since(shown)))
			}
		case <-v.Due():
			v.Wake()
		case <-show:
			v.show.flush()
			show, shown = nil, time.Now()
		case <-v.interrupts:
			if stop := v.onInterrupt(); stop {
				return
			}
		case <-limit:
			v.timedOut = true
			v.Halt()
		case <-canceled:
			canceled = nil
			v.interrupted++
			v.Halt()
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
		v.Halt()
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
		v.Dead = errors.New("ended by Ctrl-C")
	}
	return v.Dead != nil
}

// takeLate waits a little for what GoNB reads from a pipe after its program's
// end.
func (v *evaluation) takeLate() {
	if v.Dead == nil && v.Reply != nil && v.Idle && v.kernel.Info.Implementation == "gonb" {
		v.drain(context.Background(), lateWait, lateWait)
		v.Dead = cmp.Or(v.Dead, v.Lost())
	}
}

// drain takes in what else comes soon.
func (v *evaluation) drain(ctx context.Context, quiet, most time.Duration) {
	v.kernel.Drain(quiet, most, func(e jupyter.Event) bool {
		v.handle(ctx, e, true)
		return true
	})
}

// handle takes in what was received from the events.
func (v *evaluation) handle(ctx context.Context, e jupyter.Event, ok bool) {
	if !v.Take(e, ok) {
		return
	}
	if e.Content == nil {
		v.gap(e.Err)
		return
	}
	v.record.handle(e)
	if e.ParentID() != v.ID {
		v.foreign(e)
		return
	}
	switch m := e.Content.(type) {
	case *jupyter.ExecuteReply:
	case *jupyter.Status:
		if m.State == jupyter.Busy {
			v.times.busy = e.Time
		}
	case *jupyter.ExecuteInput:
		v.record.number(m.ExecutionCount)
	case *jupyter.InputRequest:
		v.answer(ctx, e.Message, m)
	default:
		v.output(e)
	}
}

// gap says that output may be missing.
func (v *evaluation) gap(err error) {
	var gap *jupyter.GapError
	if errors.As(err, &gap) {
		v.show.event(&jupyter.Stream{Name: "stderr", Text: fmt.Sprintf("\n%v\n", gap)})
	}
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
	// What the cell has printed before it asked comes on another channel, and
	// may come a little later.
	v.drain(ctx, settleQuiet, settleMost)
	v.show.event(&jupyter.Stream{Name: "stdout", Text: request.Prompt})
	v.show.flush()
	err := errors.New("there is nobody to ask for input")
	var line string
	var shown bool
	if v.ask != nil {
		line, shown, err = v.ask(ctx, request.Prompt, request.Password)
	}
	if err != nil {
		if !errors.Is(err, errCanceled) {
			v.show.event(&jupyter.Stream{Name: "stderr", Text: fmt.Sprintf("\n%v\n", err)})
		}
		v.interrupted++
		v.Interrupt()
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
