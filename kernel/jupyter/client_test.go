package jupyter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// attach starts a fake kernel and a client of it, ready to execute.
func attach(t *testing.T, options fakekernel.Options) (*jupyter.Kernel, *fakekernel.Kernel) {
	t.Helper()
	fake, err := fakekernel.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	k, err := jupyter.Attach(testContext(t), fake.Connection())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k, fake
}

// testContext ends before go test loses patience, so that a hang is an error
// in one test.
func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// next returns the next event.
func next(t *testing.T, k *jupyter.Kernel) jupyter.Event {
	t.Helper()
	select {
	case e, ok := <-k.Events():
		if !ok {
			t.Fatal("the stream of events ended")
		}
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("no event came")
	}
	panic("unreachable")
}

// rest returns the remaining events of a stream that must end.
func rest(t *testing.T, k *jupyter.Kernel) []jupyter.Event {
	t.Helper()
	var events []jupyter.Event
	deadline := time.After(30 * time.Second)
	for {
		select {
		case e, ok := <-k.Events():
			if !ok {
				return events
			}
			events = append(events, e)
		case <-deadline:
			t.Fatalf("the stream does not end; so far %d events", len(events))
		}
	}
}

// execute runs code and returns a line for each event until reply and idle
// have both come, or an end event did.
func execute(t *testing.T, k *jupyter.Kernel, code string) []string {
	t.Helper()
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: code, StoreHistory: true, AllowStdin: true})
	if err != nil {
		t.Fatal(err)
	}
	return collect(t, k, id)
}

func collect(t *testing.T, k *jupyter.Kernel, id string) []string {
	t.Helper()
	var lines []string
	var replied, idle bool
	for !replied || !idle {
		e := next(t, k)
		line := describe(e, id)
		if status, ok := e.Content.(*jupyter.Status); ok && e.ParentID() != id {
			_ = status
			continue // another client's or an internal request's
		}
		lines = append(lines, line)
		if e.ParentID() != id {
			continue
		}
		switch c := e.Content.(type) {
		case *jupyter.ExecuteReply:
			replied = true
		case *jupyter.Status:
			idle = idle || c.State == jupyter.Idle
		}
	}
	return lines
}

// describe puts an event into one line. Replies race with iopub, so they are
// not told apart by order in the tests that compare all lines.
func describe(e jupyter.Event, id string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", e.Channel)
	if e.Message != nil && e.ParentID() != id {
		fmt.Fprintf(&b, " for %q", e.ParentID())
	}
	switch c := e.Content.(type) {
	case *jupyter.Stream:
		fmt.Fprintf(&b, " %s %q", c.Name, c.Text)
	case *jupyter.Status:
		fmt.Fprintf(&b, " %s", c.State)
	case *jupyter.ExecuteReply:
		fmt.Fprintf(&b, " reply %s %d %s", c.Status, c.ExecutionCount, c.Name)
	case *jupyter.ErrorOutput:
		fmt.Fprintf(&b, " error %s %s", c.Name, c.Value)
	case *jupyter.DisplayData:
		text, _ := c.Data.Text("text/plain")
		fmt.Fprintf(&b, " display %s %q", c.Transient.DisplayID, text)
	case *jupyter.UpdateDisplayData:
		text, _ := c.Data.Text("text/plain")
		fmt.Fprintf(&b, " update %s %q", c.Transient.DisplayID, text)
	case *jupyter.ExecuteResult:
		text, _ := c.Data.Text("text/plain")
		fmt.Fprintf(&b, " result %d %q", c.ExecutionCount, text)
	case nil:
	default:
		fmt.Fprintf(&b, " %s", e.Type())
	}
	if e.Err != nil {
		fmt.Fprintf(&b, " (%v)", errors.Unwrap(e.Err))
	}
	return b.String()
}

func TestExecute(t *testing.T) {
	k, fake := attach(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		x.Stdout("out")
		x.Stderr("err")
		x.Display("d1", map[string]string{"text/plain": "a display"})
		x.Update("d1", map[string]string{"text/plain": "another"})
		x.Clear(true)
		x.Result(map[string]string{"text/plain": "42"})
	}})
	got := without(execute(t, k, "code"), "shell:")
	want := []string{
		"iopub: busy", "iopub: execute_input", `iopub: stdout "out"`, `iopub: stderr "err"`,
		`iopub: display d1 "a display"`, `iopub: update d1 "another"`, "iopub: clear_output",
		`iopub: result 1 "42"`, "iopub: idle",
	}
	equalLines(t, got, want)
	if got := fake.Executed(); len(got) != 1 || got[0] != "code" {
		t.Errorf("the kernel was asked to execute %q", got)
	}
}

func without(lines []string, prefix string) []string {
	var kept []string
	for _, l := range lines {
		if !strings.HasPrefix(l, prefix) {
			kept = append(kept, l)
		}
	}
	return kept
}

func equalLines(t *testing.T, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("events:\n%s\nwant:\n%s", g, w)
	}
}
