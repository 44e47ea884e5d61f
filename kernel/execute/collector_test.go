package execute

import (
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

func TestCollector(t *testing.T) {
	nb := document("first", "second")
	c := NewCollector(func(jupyter.Content) error { return nil })
	c.Begin(nb.Cells[0], "request 1", 1)
	c.Begin(nb.Cells[1], "request 2", 2)
	event := func(request string, content jupyter.Content) jupyter.Event {
		return jupyter.Event{Channel: jupyter.IOPub, Content: content, Message: &jupyter.Message{
			Header: jupyter.Header{Type: content.MessageType()}, Parent: jupyter.Header{ID: request},
		}}
	}
	text := func(s string) jupyter.MIMEBundle { return jupyter.MIMEBundle{"text/plain": []byte(`"` + s + `"`)} }
	id := jupyter.Transient{DisplayID: "d"}
	for _, e := range []jupyter.Event{
		event("request 1", &jupyter.DisplayData{Data: text("before"), Transient: id}),
		event("request 2", &jupyter.Stream{Name: "stdout", Text: "10%\r20%\n"}),
		event("request 2", &jupyter.UpdateDisplayData{Data: text("after"), Transient: id}),
		event("request 1", &jupyter.Stream{Name: "stderr", Text: "late\n"}),
	} {
		if !c.Handle(e) {
			t.Errorf("%s was not taken", e.Type())
		}
	}
	if c.Handle(event("request 3", &jupyter.Stream{Name: "stdout", Text: "stranger\n"})) {
		t.Error("output of an unknown request was taken")
	}
	c.Store(nb)
	if got, want := outputsOf(nb.Cells[0]), "display_data \"after\"\nstderr \"late\\n\""; got != want {
		t.Errorf("first cell: %s, want %s", got, want)
	}
	if got, want := outputsOf(nb.Cells[1]), `stdout "20%\n"`; got != want {
		t.Errorf("second cell: %s, want %s", got, want)
	}
	if nb.Cells[1].ExecutionCount() != 2 {
		t.Errorf("the second cell has the number %d", nb.Cells[1].ExecutionCount())
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
}

func TestVerdict(t *testing.T) {
	gonb, python := &jupyter.KernelInfoReply{Implementation: "gonb"}, &jupyter.KernelInfoReply{Implementation: "ipython"}
	ok := &jupyter.ExecuteReply{Status: jupyter.StatusOK}
	failed := &jupyter.ExecuteReply{Status: jupyter.StatusError,
		ReplyError: jupyter.ReplyError{Name: "ERROR", Value: "exit status 2"}}
	for _, c := range []struct {
		name   string
		info   *jupyter.KernelInfoReply
		source string
		reply  *jupyter.ExecuteReply
		stderr string
		want   string
	}{
		{"success", gonb, "x", ok, "warning\n", ""},
		{"a shell command of GoNB's", gonb, "!false", ok, "exit status 1\n", ClassShell},
		{"the same words elsewhere", python, "!false", ok, "exit status 1\n", ""},
		{"a panic", gonb, "x", failed, "panic: no\n\ngoroutine 1 [running]:\n", ClassPanic},
		{"another kernel's error", python, "x", failed, "", "ERROR"},
		{"aborted", python, "x", &jupyter.ExecuteReply{Status: jupyter.StatusAborted}, "", ClassKernel},
	} {
		got := ""
		if f := Verdict(c.info, c.source, c.reply, c.stderr); f != nil {
			got = f.Class
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestStreamTake(t *testing.T) {
	var s StreamText
	s.Write("one\ntwo\nthr")
	if got := s.Take(); got != "one\ntwo\n" {
		t.Errorf("took %q", got)
	}
	s.Write("ee\nfour")
	if got, rest := s.Take(), s.String(); got != "three\n" || rest != "four" {
		t.Errorf("took %q, left %q", got, rest)
	}
}
