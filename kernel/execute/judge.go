package execute

import (
	"context"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// verdict is how a cell ended and whether the run ends with it.
type verdict struct {
	state   State
	failure *Failure
	stop    error // nil: the run goes on
}

// judge decides how the cell ended.
func (x *cellRun) judge() verdict {
	v := x.judgeEnd()
	if x.Dead == nil {
		return v
	}
	// Without a kernel the run ends, whatever errors are allowed.
	if v.stop == nil || x.stop == notStopped || x.stop == stopInput {
		v.stop = &KernelDiedError{Path: x.id.Path, Number: x.id.Number, Reason: x.Dead}
	}
	return v
}

func (x *cellRun) judgeEnd() verdict {
	r, id := x.run, x.id
	switch x.stop {
	case stopCell, stopTotal:
		limit := x.limit
		if x.stop == stopTotal {
			limit = r.opts.TotalTimeout
		}
		err := &TimeoutError{Path: id.Path, Number: id.Number, Limit: limit, Total: x.stop == stopTotal}
		failure := x.failure(ClassTimeout, fmt.Sprintf("the cell did not end within %v", limit))
		if x.stop == stopTotal {
			failure.Value = fmt.Sprintf("the run did not end within %v", limit)
			return verdict{Timeout, failure, err}
		}
		if r.allows(id.Cell, failure) {
			return verdict{Timeout, failure, nil}
		}
		return verdict{Timeout, failure, err}
	case stopCanceled:
		return verdict{Failed, x.failure(ClassInterrupted, "the run was interrupted"), context.Canceled}
	case stopInput:
		return x.failed(x.failure(ClassStdin, x.prompt))
	case stopHung:
		f := x.failure(ClassHung, x.Dead.Error())
		return verdict{Failed, f, &KernelDiedError{Path: id.Path, Number: id.Number, Reason: x.Dead}}
	}
	switch {
	case x.Dead != nil:
		f := x.failure(ClassDied, x.Dead.Error())
		return verdict{Failed, f, &KernelDiedError{Path: id.Path, Number: id.Number, Reason: x.Dead}}
	case x.Reply == nil:
		return x.failed(x.failure(ClassKernel, "the kernel became idle without a reply"))
	case x.Reply.Status != jupyter.StatusOK:
		return x.failed(x.replyFailure())
	}
	return x.judgeSuccess()
}

// judgeSuccess looks at a cell that the kernel calls a success.
func (x *cellRun) judgeSuccess() verdict {
	r, cell := x.run, x.id.Cell
	if r.gonb && !r.opts.AllowShellFailures {
		if f := shellFailureGoNB(cell.Source(), x.out.text("stderr")); f != nil {
			f.Detail = tail(x.out.text("stderr"))
			return x.failed(f)
		}
	}
	if want, tagged := raisesTag(cell); tagged && r.opts.StrictRaises {
		value := "the cell is tagged raises-exception and raised nothing"
		if want != "" {
			value = fmt.Sprintf("the cell is tagged raises-exception=%s and raised nothing", want)
		}
		f := x.failure(ClassNoRaise, value)
		return verdict{Failed, f, x.stopFor(f)}
	}
	return verdict{state: OK}
}

// failed is the verdict on a failure that may be allowed.
func (x *cellRun) failed(f *Failure) verdict {
	if x.run.allows(x.id.Cell, f) {
		return verdict{Failed, f, nil}
	}
	return verdict{Failed, f, x.stopFor(f)}
}

func (x *cellRun) stopFor(f *Failure) error {
	return &CellFailedError{
		Path: x.id.Path, Index: x.id.Index, Number: x.id.Number, Source: x.id.Cell.Source(), Failure: f,
	}
}

// failure is one that is found here, not said by the kernel.
func (x *cellRun) failure(class, value string) *Failure {
	return &Failure{Class: class, Name: class, Value: value, Detail: tail(x.out.text("stderr"))}
}

// replyFailure is the failure that the kernel replied.
func (x *cellRun) replyFailure() *Failure {
	return failureOf(x.Reply, x.run.gonb, x.out.text("stderr"))
}

// failureOf is the failure that a reply tells of.
func failureOf(m *jupyter.ExecuteReply, gonb bool, stderr string) *Failure {
	f := &Failure{Class: m.Name, Name: m.Name, Value: m.Value, Traceback: m.Traceback, Detail: tail(stderr)}
	if m.Status == jupyter.StatusAborted && m.Name == "" {
		f.Class, f.Name, f.Value = ClassKernel, ClassKernel, "the kernel aborted the cell without running it"
	}
	if gonb {
		f.Class = classifyGoNB(m.Value, stderr)
		f.Summary = summaryGoNB(f, stderr, m.ExecutionCount)
	}
	if f.Class == "" {
		f.Class = ClassKernel
	}
	return f
}

// raisesTag looks for the tag raises-exception; raises-exception=NAME also says
// which error is expected.
func raisesTag(cell *nbformat.Cell) (want string, tagged bool) {
	const tag = "raises-exception"
	for _, t := range cell.Tags() {
		if t == tag {
			tagged = true
		}
		if name, ok := strings.CutPrefix(t, tag+"="); ok {
			return name, true
		}
	}
	return "", tagged
}

// allows tells whether the run goes on after the failure.
func (r *run) allows(cell *nbformat.Cell, f *Failure) bool {
	if r.opts.ForceErrors {
		return false
	}
	if want, tagged := raisesTag(cell); tagged {
		return want == "" || f.is(want)
	}
	if r.opts.AllowErrors {
		return true
	}
	for _, name := range r.opts.AllowErrorNames {
		if f.is(name) {
			return true
		}
	}
	return false
}

// allowsAllErrors is what the kernel is told as stop_on_error, before the error
// has a name.
func (r *run) allowsAllErrors(cell *nbformat.Cell) bool {
	_, tagged := raisesTag(cell)
	return !r.opts.ForceErrors && (tagged || r.opts.AllowErrors)
}

// tail is the end of a text, for error messages.
func tail(text string) string {
	const most = 20
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return strings.Join(lines, "\n")
}
