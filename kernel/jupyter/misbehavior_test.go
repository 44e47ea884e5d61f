package jupyter_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// TestMessageSituations runs one script each and compares every event but the
// reply, whose place among the others is a race between two sockets.
func TestMessageSituations(t *testing.T) {
	tests := []struct {
		name   string
		script func(*fakekernel.Execution)
		iopub  []string // between busy, execute_input and idle
		shell  []string
	}{
		{
			name:   "wrong parent",
			script: func(x *fakekernel.Execution) { x.PublishFor("other", &jupyter.Stream{Name: "stdout", Text: "x"}) },
			iopub:  []string{`iopub: for "other" stdout "x"`},
		},
		{
			name:   "no parent",
			script: func(x *fakekernel.Execution) { x.Kernel.Publish(&jupyter.Stream{Name: "stdout", Text: "x"}) },
			iopub:  []string{`iopub: for "" stdout "x"`},
		},
		{
			name:   "error",
			script: func(x *fakekernel.Execution) { x.Fail("ERROR", "exit status 2", "line 1") },
			iopub:  []string{"iopub: error ERROR exit status 2"},
			shell:  []string{"shell: reply error 1 ERROR"},
		},
		{
			name: "aborted",
			script: func(x *fakekernel.Execution) {
				x.SetReply(&jupyter.ExecuteReply{Status: jupyter.StatusAborted})
			},
			shell: []string{"shell: reply aborted 0 "},
		},
		{
			name: "wrong signature",
			script: func(x *fakekernel.Execution) {
				x.BadSignature(jupyter.IOPub, &jupyter.Stream{Name: "stdout", Text: "forged"})
				x.Stdout("true")
			},
			iopub: []string{
				"iopub: (the signature does not match the connection's key)",
				`iopub: stdout "true"`,
			},
		},
		{
			name: "wrong signature on shell",
			script: func(x *fakekernel.Execution) {
				x.BadSignature(jupyter.Shell, &jupyter.ExecuteReply{Status: jupyter.StatusError})
			},
			shell: []string{
				"shell: (the signature does not match the connection's key)",
				"shell: reply ok 1 ",
			},
		},
		{
			name: "garbage frames",
			script: func(x *fakekernel.Execution) {
				x.Raw(jupyter.IOPub, []byte("\x00\xff garbage"))
				x.Raw(jupyter.IOPub, []byte("a"), nil, []byte("b"))
				x.Raw(jupyter.IOPub, []byte("<IDS|MSG>"))
				x.Stdout("still here")
			},
			iopub: []string{
				"iopub: (no <IDS|MSG> delimiter)",
				"iopub: (no <IDS|MSG> delimiter)",
				"iopub: (frames missing after the delimiter: want 5 or more, have 0)",
				`iopub: stdout "still here"`,
			},
		},
		{
			name: "unknown type",
			script: func(x *fakekernel.Execution) {
				x.Publish(&jupyter.Unknown{Type: "from_the_future", Raw: []byte(`{"a":1}`)})
			},
			iopub: []string{"iopub: from_the_future"},
		},
		{
			name: "field of another type",
			script: func(x *fakekernel.Execution) {
				x.Publish(&jupyter.Unknown{Type: "stream", Raw: []byte(`{"name":"stdout","text":["a"]}`)})
			},
			iopub: []string{`iopub: stdout "" (content of stream: json: cannot unmarshal array into Go struct field Stream.text of type string)`},
		},
		{
			name:   "unicode and a zero byte",
			script: func(x *fakekernel.Execution) { x.Stdout("ü 😀 \x00 \u2028") },
			iopub:  []string{`iopub: stdout "ü 😀 \x00 \u2028"`},
		},
		{
			name: "many messages",
			script: func(x *fakekernel.Execution) {
				for range 2000 {
					x.Stdout(".")
				}
			},
			iopub: slices.Repeat([]string{`iopub: stdout "."`}, 2000),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k, _ := attach(t, fakekernel.Options{Execute: test.script})
			lines := execute(t, k, "code")
			equalLines(t, without(lines, "shell:"),
				slices.Concat([]string{"iopub: busy", "iopub: execute_input"}, test.iopub, []string{"iopub: idle"}))
			shell := test.shell
			if shell == nil {
				shell = []string{"shell: reply ok 1 "}
			}
			equalLines(t, without(lines, "iopub:"), shell)
		})
	}
}

func TestLateOutput(t *testing.T) {
	k, _ := attach(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		x.AfterIdle(func() { x.Stdout("late") })
	}})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "first"})
	if err != nil {
		t.Fatal(err)
	}
	var idle bool
	for {
		e := next(t, k)
		switch c := e.Content.(type) {
		case *jupyter.Status:
			idle = idle || e.ParentID() == id && c.State == jupyter.Idle
		case *jupyter.Stream:
			if !idle || e.ParentID() != id || c.Text != "late" {
				t.Errorf("late output came as %s, after idle: %v", describe(e, id), idle)
			}
			return
		}
	}
}

func TestMissingIdleAndReply(t *testing.T) {
	k, _ := attach(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		x.NoIdle = x.Code == "no idle"
		x.NoReply = x.Code == "no reply"
	}})
	for _, code := range []string{"no idle", "no reply"} {
		id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: code})
		if err != nil {
			t.Fatal(err)
		}
		// The next request's messages mark the end of this one's.
		after, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "ok"})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for !seen[after+"execute_reply"] || !seen[after+jupyter.Idle] {
			e := next(t, k)
			seen[e.ParentID()+e.Type()] = true
			if s, ok := e.Content.(*jupyter.Status); ok {
				seen[e.ParentID()+s.State] = true
			}
		}
		if replied, idle := seen[id+"execute_reply"], seen[id+jupyter.Idle]; replied != (code == "no idle") ||
			idle != (code == "no reply") {
			t.Errorf("%s: replied %v, idle %v", code, replied, idle)
		}
	}
}

func TestInput(t *testing.T) {
	k, _ := attach(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		line, err := x.Input("name? ", true)
		if err != nil {
			x.Fail("Input", err.Error())
			return
		}
		x.Stdout("hello " + line)
	}})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "input", AllowStdin: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		e := next(t, k)
		if request, ok := e.Content.(*jupyter.InputRequest); ok {
			if e.Channel != jupyter.Stdin || request.Prompt != "name? " || !request.Password || e.ParentID() != id {
				t.Errorf("input request %+v on %s", request, e.Channel)
			}
			if err := k.Input(testContext(t), e.Message, "Gö"); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	lines := collect(t, k, id)
	if !slices.Contains(lines, `iopub: stdout "hello Gö"`) {
		t.Errorf("events %q", lines)
	}
}

// TestControlRepliesOnShell is GoNB's way, which works only because shell and
// control have the same identity.
func TestControlRepliesOnShell(t *testing.T) {
	for _, onShell := range []bool{false, true} {
		interrupted := make(chan struct{})
		k, fake := attach(t, fakekernel.Options{
			ControlRepliesOnShell: onShell,
			Execute: func(x *fakekernel.Execution) {
				if !x.Sleep(30 * time.Second) {
					close(interrupted)
					x.Fail("Interrupted", "")
				}
			},
		})
		id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "sleep"})
		if err != nil {
			t.Fatal(err)
		}
		for !isInput(next(t, k)) { // the script runs
		}
		if err := k.Interrupt(testContext(t)); err != nil {
			t.Fatalf("replies on shell %v: %v", onShell, err)
		}
		<-interrupted
		if lines := collect(t, k, id); !slices.Contains(lines, "shell: reply error 0 Interrupted") {
			t.Errorf("events %q", lines)
		}
		if err := k.Shutdown(testContext(t)); err != nil {
			t.Fatalf("replies on shell %v: %v", onShell, err)
		}
		select {
		case <-fake.Stopped():
		case <-time.After(10 * time.Second):
			t.Error("the kernel goes on after shutdown")
		}
	}
}

func isInput(e jupyter.Event) bool {
	_, ok := e.Content.(*jupyter.ExecuteInput)
	return ok
}

func TestReadiness(t *testing.T) {
	for name, test := range map[string]struct {
		options fakekernel.Options
		want    string
	}{
		"never answers kernel_info": {fakekernel.Options{NeverReady: true}, "no reply to kernel_info_request"},
		"publishes nothing":         {fakekernel.Options{SilentIOPub: true}, "nothing on iopub"},
	} {
		t.Run(name, func(t *testing.T) {
			fake, err := fakekernel.Start(test.options)
			if err != nil {
				t.Fatal(err)
			}
			defer fake.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			_, err = jupyter.Attach(ctx, fake.Connection())
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestReadyAtTheSecondTry answers the first kernel_info_request too early for
// the subscription.
func TestReadyAtTheSecondTry(t *testing.T) {
	asked := 0
	k, _ := attach(t, fakekernel.Options{Respond: func(k *fakekernel.Kernel, r *fakekernel.Request) bool {
		if _, ok := r.Content.(*jupyter.KernelInfoRequest); !ok {
			return false
		}
		if asked++; asked > 1 {
			return false
		}
		k.Reply(r, &jupyter.KernelInfoReply{Status: "ok"})
		return true
	}})
	if asked != 2 || k.Info.Implementation != "fakekernel" {
		t.Errorf("asked %d times, info %+v", asked, k.Info)
	}
	if lines := execute(t, k, "x"); len(lines) != 4 {
		t.Errorf("events of the readiness check are in the stream: %q", lines)
	}
}

func TestUnansweredRequest(t *testing.T) {
	k, _ := attach(t, fakekernel.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := k.History(ctx, jupyter.HistoryRequest{AccessType: "tail", N: 1}); !errors.Is(err,
		context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	// Nothing is wrong with the next one.
	if _, err := k.KernelInfo(testContext(t)); err != nil {
		t.Error(err)
	}
}

func TestReplyOfAnotherType(t *testing.T) {
	k, _ := attach(t, fakekernel.Options{Respond: func(k *fakekernel.Kernel, r *fakekernel.Request) bool {
		if _, ok := r.Content.(*jupyter.CompleteRequest); ok {
			k.Reply(r, &jupyter.InspectReply{Status: "ok"})
			return true
		}
		return false
	}})
	if _, err := k.Complete(testContext(t), "x", 1); err == nil || !strings.Contains(err.Error(), "is a inspect_reply") {
		t.Errorf("error %v", err)
	}
}

// TestHugeMessage sends 100 MB through both sockets and leaves the client
// well.
func TestHugeMessage(t *testing.T) {
	const size = 100 << 20
	k, fake := attach(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		x.Stdout(x.Code)
		x.Publish(&jupyter.CommMessage{ID: "c"}, []byte(x.Code))
	}})
	code := strings.Repeat("x", size)
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: code})
	if err != nil {
		t.Fatal(err)
	}
	var text, buffer bool
	for done := false; !done; {
		e := next(t, k)
		switch c := e.Content.(type) {
		case *jupyter.Stream:
			text = c.Text == code
		case *jupyter.CommMessage:
			buffer = len(e.Message.Buffers) == 1 && string(e.Message.Buffers[0]) == code
		case *jupyter.Status:
			done = e.ParentID() == id && c.State == jupyter.Idle
		}
		if e.Err != nil {
			t.Fatal(e.Err)
		}
	}
	if !text || !buffer || len(fake.Executed()[0]) != size {
		t.Errorf("text arrived: %v, buffer: %v, code: %d bytes", text, buffer, len(fake.Executed()[0]))
	}
}

// TestSlowReader reads nothing while the kernel publishes, as a terminal that
// hangs would, and loses nothing.
func TestSlowReader(t *testing.T) {
	const messages = 20_000
	done := make(chan struct{})
	k, _ := attach(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		for range messages {
			x.Stdout("0123456789")
		}
		close(done)
	}})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "x"})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-done: // the kernel never stood still
	case <-time.After(30 * time.Second):
		t.Fatal("the kernel waits for its client")
	}
	if got := len(without(collect(t, k, id), "shell:")); got != messages+3 {
		t.Errorf("%d events, want %d", got, messages+3)
	}
}

// TestWrongKey: a client with another key is not heard, and does not hear.
func TestWrongKey(t *testing.T) {
	fake, err := fakekernel.Start(fakekernel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	info := *fake.Connection()
	info.Key = "another"
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := jupyter.Attach(ctx, &info); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if got := fake.Received(); len(got) != 0 {
		t.Errorf("the kernel accepted %v", got)
	}
}
