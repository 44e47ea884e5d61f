package execute

import (
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// TestMessages gives the kernel's messages for cells named a, b, c, and wants
// the outputs of each cell. The situations are those of nbclient's
// tests/test_client.py and some that it does not treat.
func TestMessages(t *testing.T) {
	type exec = *fakekernel.Execution
	var first string // the id of cell a's request, for messages that come later
	// A gateway does not hand these on.
	onZeroMQ := map[string]bool{"a wrong signature": true, "frames that are no message": true}
	for name, c := range map[string]struct {
		script  script
		want    []string // outputs of the cells a, b, …
		warning string   // part of a warning, "" for none
		state   string   // of the cells; all ok if empty
	}{
		"no output": {script{}, []string{""}, "", ""},
		"one stream": {script{"a": func(x exec) { x.Stdout("foo") }},
			[]string{`stdout "foo"`}, "", ""},
		"consecutive texts of a stream are one output": {script{"a": func(x exec) { x.Stdout("foo\n"); x.Stdout("bar\n") }},
			[]string{`stdout "foo\nbar\n"`}, "", ""},
		"other streams and displays keep their places": {script{"a": func(x exec) {
			x.Stdout("1")
			x.Stderr("2")
			x.Stdout("3")
			x.Display("", plain("4"))
			x.Stdout("5")
		}}, []string{"stdout \"1\"\nstderr \"2\"\nstdout \"3\"\ndisplay_data \"4\"\nstdout \"5\""}, "", ""},
		"carriage return and backspace": {script{"a": func(x exec) { x.Stdout("10%\r"); x.Stdout("20%\r"); x.Stdout("done\b\b!\n") }},
			[]string{`stdout "do!\n"`}, "", ""},
		"empty text makes no output": {script{"a": func(x exec) { x.Stdout("") }}, []string{""}, "", ""},
		"result": {script{"a": func(x exec) { x.Result(plain("42")) }}, []string{`execute_result "42"`},
			"", ""},
		"error with reply": {script{"a": func(x exec) { x.Fail("E", "bad") }},
			[]string{"error E: bad"}, "", "error"},
		"error message with an ok reply, as of %tb": {script{"a": func(x exec) {
			x.Publish(&jupyter.ErrorOutput{Name: "E", Value: "shown"})
		}}, []string{"error E: shown"}, "", ""},
		"error reply without a message": {script{"a": func(x exec) {
			x.SetReply(&jupyter.ExecuteReply{Status: "error", ReplyError: jupyter.ReplyError{Name: "E", Value: "quiet"}})
		}}, []string{"error E: quiet"}, "", "error"},
		"aborted": {script{"a": func(x exec) { x.SetReply(&jupyter.ExecuteReply{Status: "aborted"}) }},
			[]string{"error KernelError: the kernel aborted the cell without running it"}, "", "error"},
		"clear": {script{"a": func(x exec) { x.Stdout("old"); x.Clear(false); x.Stdout("new") }},
			[]string{`stdout "new"`}, "", ""},
		"clear is immediate": {script{"a": func(x exec) { x.Stdout("old"); x.Clear(false) }}, []string{""}, "", ""},
		"clear with wait": {script{"a": func(x exec) { x.Stdout("old"); x.Clear(true); x.Stdout("new") }},
			[]string{`stdout "new"`}, "", ""},
		"clear with wait and nothing after": {script{"a": func(x exec) { x.Stdout("old"); x.Clear(true) }},
			[]string{`stdout "old"`}, "", ""},
		"an update is no output that clears": {script{"a": func(x exec) {
			x.Display("d", plain("old"))
			x.Clear(true)
			x.Update("d", plain("new"))
		}}, []string{`display_data "new"`}, "", ""},
		"update": {script{"a": func(x exec) { x.Display("d", plain("old")); x.Update("d", plain("new")) }},
			[]string{`display_data "new"`}, "", ""},
		"update of several displays in several cells": {script{
			"a": func(x exec) { x.Display("d", plain("1")); x.Display("e", plain("e")); x.Display("d", plain("2")) },
			"b": func(x exec) { x.Update("d", plain("3")) },
		}, []string{"display_data \"3\"\ndisplay_data \"e\"\ndisplay_data \"3\"", ""}, "", ""},
		"a display with a known id updates the others": {script{
			"a": func(x exec) { x.Display("d", plain("1")) },
			"b": func(x exec) { x.Display("d", plain("2")) },
		}, []string{`display_data "2"`, `display_data "2"`}, "", ""},
		"update of an unknown display": {script{"a": func(x exec) { x.Update("?", plain("new")) }},
			[]string{`display_data "new"`}, `update of display "?"`, ""},
		"update of a cleared display": {script{"a": func(x exec) {
			x.Display("d", plain("old"))
			x.Clear(false)
			x.Update("d", plain("new"))
		}}, []string{`display_data "new"`}, `update of display "d"`, ""},
		"output after idle": {script{"a": func(x exec) { x.AfterIdle(func() { x.Stdout("late") }) }},
			[]string{`stdout "late"`}, "", ""},
		"output of a cell while the next one runs": {script{
			"a": func(x exec) { first = x.Request.Message.Header.ID },
			"b": func(x exec) { x.Stdout("b"); x.PublishFor(first, &jupyter.Stream{Name: "stdout", Text: "a"}) },
		}, []string{`stdout "a"`, `stdout "b"`}, "", ""},
		"output of somebody else": {script{"a": func(x exec) {
			x.PublishFor("other", &jupyter.Stream{Name: "stdout", Text: "not mine"})
		}}, []string{""}, "belongs to no cell", ""},
		"what the kernel says of itself": {script{"a": func(x exec) {
			x.Kernel.Publish(&jupyter.Stream{Name: "stderr", Text: "a log line"})
		}}, []string{""}, "", ""},
		"no idle": {script{"a": func(x exec) { x.Stdout("x"); x.NoIdle = true }}, []string{`stdout "x"`},
			"did not say that it was idle", ""},
		"no reply": {script{"a": func(x exec) { x.NoReply = true }},
			[]string{"error KernelError: the kernel became idle without a reply"}, "", "error"},
		"reply before output": {script{"a": func(x exec) {
			x.Reply(&jupyter.ExecuteReply{Status: "ok"})
			x.NoReply = true
			x.Sleep(20 * time.Millisecond)
			x.Stdout("after the reply")
		}}, []string{`stdout "after the reply"`}, "", ""},
		"a second reply counts for nothing": {script{"a": func(x exec) {
			x.Reply(&jupyter.ExecuteReply{Status: "ok"})
			x.SetReply(&jupyter.ExecuteReply{Status: "error", ReplyError: jupyter.ReplyError{Name: "E"}})
		}}, []string{""}, "", ""},
		"a wrong signature": {script{"a": func(x exec) {
			x.BadSignature(jupyter.IOPub, &jupyter.Stream{Name: "stdout", Text: "forged"})
			x.Stdout("real")
		}}, []string{`stdout "real"`}, "signature", ""},
		"frames that are no message": {script{"a": func(x exec) {
			x.Raw(jupyter.IOPub, []byte("nonsense"))
			x.Stdout("real")
		}}, []string{`stdout "real"`}, "message", ""},
		"text that is no UTF-8 stays readable": {script{"a": func(x exec) { x.Stdout("ü 日本 😀 \x1b[31mred\x1b[0m") }},
			[]string{`stdout "ü 日本 😀 \x1b[31mred\x1b[0m"`}, "", ""},
		"unknown message types": {script{"a": func(x exec) {
			x.Publish(&jupyter.Unknown{Type: "hologram"})
			x.Stdout("x")
		}}, []string{`stdout "x"`}, "", ""},
	} {
		everyWay(t, name, onZeroMQ[name], func(t *testing.T, w way) {
			nb := document([]string{"a", "b", "c"}[:len(c.want)]...)
			opts := quick()
			opts.AllowErrors = true
			result, err := w.run(t, fakekernel.Options{}, c.script, nb, opts)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.want {
				if got := outputsOf(nb.Cells[i]); got != want {
					t.Errorf("cell %d:\n got %s\nwant %s", i, got, want)
				}
			}
			wantStates := c.state
			if wantStates == "" {
				wantStates = strings.TrimSpace(strings.Repeat("ok ", len(c.want)))
			}
			if got := states(result); got != wantStates {
				t.Errorf("states %s, want %s", got, wantStates)
			}
			warnings := strings.Join(append(result.Warnings, result.Cells[0].Warnings...), "; ")
			if c.warning == "" && warnings != "" || !strings.Contains(warnings, c.warning) {
				t.Errorf("warnings %q, want %q", warnings, c.warning)
			}
		})
	}
}

func TestStreamText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"a\nb", "a\nb"},
		{"abc\rX", "Xbc"},
		{"abc\r\n", "abc\n"},
		{"abc\rXY\nend", "XYc\nend"},
		{"10%\r20%\r100%\n", "100%\n"},
		{"ab\b", "a"},
		{"a\n\bb", "a\nb"},
		{"\bx", "x"},
		{"äöü\rx", "xöü"},
		{"日本語\b!", "日本!"},
		{"abc\r\bx", "xbc"},
		{"abcd\rab\bX", "aX"}, // JupyterLab drops the character at the cursor too
	} {
		var whole, bytewise StreamText
		whole.Write(c.in)
		for _, r := range c.in {
			bytewise.Write(string(r))
		}
		var taken StreamText
		got := ""
		for _, r := range c.in {
			taken.Write(string(r))
			got += taken.Take()
		}
		if got += taken.String(); got != c.want {
			t.Errorf("%q taken in lines shows %q, want %q", c.in, got, c.want)
		}
		if whole.String() != c.want || bytewise.String() != c.want {
			t.Errorf("%q shows %q, in pieces %q, want %q", c.in, whole.String(), bytewise.String(), c.want)
		}
	}
}
