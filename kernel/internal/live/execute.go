package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// failure is a cell's error as a notebook shows it.
type failure struct {
	name, value string
	traceback   []string
	html        string
}

// Error is the value.
func (f *failure) Error() string { return f.value }

// Names of errors, beside those of package session.
const (
	magicError       = "MagicError"
	shellError       = "ShellError"
	panicError       = "Panic"
	exitError        = "ExitError"
	interruptedError = "Interrupted"
	goGetError       = "GoGetError"
	inputError       = "StdinNotAllowed"
	kernelError      = "KernelError"
)

// execute answers an execute request. After a failure it returns the requests that
// waited behind it, if they are to be aborted.
func (k *Kernel) execute(r *request, c *jupyter.ExecuteRequest) (waiting []*request) {
	if c.StoreHistory && !c.Silent {
		k.count++
		k.history = append(k.history, c.Code)
	}
	x := k.begin(r, c)
	if !c.Silent {
		k.server.publish(r, &jupyter.ExecuteInput{Code: c.Code, ExecutionCount: k.count})
	}
	err := shielded(func() error { return k.run(x, c.Code, k.number(c)) })
	k.end(x)
	reply := &jupyter.ExecuteReply{Status: jupyter.StatusOK, ExecutionCount: k.count, UserExpressions: jupyter.MIMEBundle{}}
	if err != nil {
		f := k.failure(x, err)
		if !c.Silent {
			if f.html != "" {
				k.server.publish(r, &jupyter.DisplayData{Data: bundle(map[string]any{"text/html": f.html, "text/plain": strings.Join(f.traceback, "\n")})})
			}
			k.server.publish(r, &jupyter.ErrorOutput{Name: f.name, Value: f.value, Traceback: f.traceback})
		}
		reply.Status, reply.ReplyError = jupyter.StatusError, jupyter.ReplyError{Name: f.name, Value: f.value, Traceback: f.traceback}
	}
	if err != nil && c.StopOnError {
		// Before the reply: what the client sends after it is not meant.
		waiting = k.waiting()
	}
	k.server.reply(r, reply)
	k.expectCell()
	return waiting
}

// expectCell prepares for the next cell while the user writes it.
func (k *Kernel) expectCell() { k.builder.Prepare(k.dir, int64(k.count)+1) }

// shielded is do, but for a mistake of ours: it must not cost the user's values.
func shielded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "live kernel: a cell: %v\n%s", p, debug.Stack())
			err = &failure{name: kernelError, value: fmt.Sprintf("the kernel made a mistake with this cell: %v; "+
				"its log says more. Please report it with the cell; values are kept", p)}
		}
	}()
	return do()
}

// number identifies an execution for good: by its count, or beyond all counts for
// one that is not stored.
func (k *Kernel) number(c *jupyter.ExecuteRequest) int64 {
	if c.StoreHistory && !c.Silent {
		return int64(k.count)
	}
	k.unstored++
	return 1_000_000 + k.unstored
}

func (k *Kernel) begin(r *request, c *jupyter.ExecuteRequest) *execution {
	x := &execution{request: r, content: c, count: k.count, ended: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancelCause(k.server.ctx)
	select {
	case <-k.inputs: // an answer that nobody waits for any more
	default:
	}
	k.mu.Lock()
	k.running = x
	k.mu.Unlock()
	return x
}

func (k *Kernel) end(x *execution) {
	k.mu.Lock()
	k.running = nil
	capture := k.capture
	k.capture = nil
	k.mu.Unlock()
	if capture != nil {
		capture.Close()
	}
	close(x.ended)
	x.cancel(nil)
}

// waiting takes the requests that wait.
func (k *Kernel) waiting() (list []*request) {
	for {
		select {
		case r := <-k.shell:
			list = append(list, r)
		default:
			return list
		}
	}
}

// abort refuses executions that waited while one before them failed, and answers
// the other requests.
func (k *Kernel) abort(waiting []*request) {
	for _, r := range waiting {
		if _, ok := r.Content.(*jupyter.ExecuteRequest); !ok {
			k.serve(r)
			continue
		}
		k.server.publish(r, &jupyter.Status{State: jupyter.Busy})
		k.server.reply(r, &jupyter.ExecuteReply{Status: jupyter.StatusAborted, ExecutionCount: k.count, UserExpressions: jupyter.MIMEBundle{}})
		k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
	}
}

// failure puts an error into the form that notebooks know.
func (k *Kernel) failure(x *execution, err error) *failure {
	var f *failure
	switch {
	case errors.As(err, &f):
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled), x.interrupts > 0:
		f = &failure{name: interruptedError, value: "the cell was interrupted"}
	default:
		f = &failure{name: "Error", value: err.Error()}
	}
	if len(f.traceback) == 0 {
		f.traceback = []string{f.name + ": " + f.value}
	}
	return f
}

// run runs a cell: special commands first, then its Go code.
func (k *Kernel) run(x *execution, code string, number int64) error {
	c := gocell.Parse(code).Sort()
	if c.Magic != "" {
		return k.cellMagic(x, c)
	}
	m := &magics{kernel: k, execution: x}
	for _, command := range c.Commands {
		if err := m.run(command); err != nil {
			return err
		}
	}
	if !c.HasGo() {
		return nil
	}
	k.noteCover(c.Test)
	k.noticeTracked()
	if number < 1_000_000 {
		k.cells[int(number)] = code
	}
	return k.runGo(x, c, code, number)
}

// stdout and stderr print to the cell.
func (k *Kernel) stdout(format string, args ...any) { k.write("stdout", fmt.Sprintf(format, args...)) }
func (k *Kernel) stderr(format string, args ...any) { k.write("stderr", fmt.Sprintf(format, args...)) }

// openCapture copies the cell's output into a file, too.
func (k *Kernel) openCapture(path string, flags int) error {
	f, err := os.OpenFile(path, flags|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.capture != nil {
		k.capture.Close()
	}
	k.capture = f
	return nil
}
