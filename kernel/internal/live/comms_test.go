package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// commCell makes a comm "id" whose handler is the body.
func commCell(id, body string) string {
	return fmt.Sprintf(`import "github.com/gocifar/gocifar/kernel/comm"
%%%%
c_%[1]s, err := comm.Open("test", map[string]any{"hello": 1}, comm.Options{ID: %[1]q, Metadata: map[string]any{"version": "9"}, Buffers: [][]byte{{1, 2}}})
if err != nil { panic(err) }
c_%[1]s.OnMessage(func(m comm.Message) { %[2]s })
`, id, body)
}

// sendComm sends a message of a front end on a channel and returns its id.
func (c *client) sendComm(ch jupyter.Channel, content jupyter.Content, buffers ...[]byte) string {
	c.t.Helper()
	id, err := c.kernel.Client.SendWith(c.t.Context(), ch, content, json.RawMessage(`{"version":"1.0.0"}`), buffers...)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// caused collects what the message with the id causes, until it is idle.
func (c *client) caused(id string) (list []jupyter.Event) {
	c.t.Helper()
	limit := time.After(30 * time.Second)
	for i := 0; ; {
		for ; i < len(c.others); i++ {
			e := c.others[i]
			if e.ParentID() != id {
				continue
			}
			list = append(list, e)
			c.others = append(c.others[:i], c.others[i+1:]...)
			i--
			if s, ok := e.Content.(*jupyter.Status); ok && s.State == jupyter.Idle {
				return list
			}
		}
		select {
		case e, ok := <-c.kernel.Events():
			if !ok || e.Err != nil {
				c.t.Fatalf("the kernel is gone: %v; %s", e.Err, c.kernel.Log())
			}
			c.others = append(c.others, e)
		case <-limit:
			c.t.Fatalf("no idle for the message; it caused %s", kinds(list))
		}
	}
}

func kinds(list []jupyter.Event) string {
	var names []string
	for _, e := range list {
		names = append(names, e.Type())
	}
	return strings.Join(names, " ")
}

// printedFor takes what came for an execution after its end.
func (c *client) late(execution string) (text string) {
	rest := c.others[:0]
	for _, e := range c.others {
		if e.ParentID() != execution {
			rest = append(rest, e)
			continue
		}
		switch m := e.Content.(type) {
		case *jupyter.Stream:
			text += m.Text
		case *jupyter.ErrorOutput:
			text += m.Name + ": " + m.Value + "\n" + strings.Join(m.Traceback, "\n")
		}
	}
	c.others = rest
	return text
}

func TestComms(t *testing.T) {
	c := newClient(t)
	made := c.send(commCell("a", `
		fmt.Println("got", string(m.Data), m.Buffers)
		c_a.Send(map[string]any{"echo": string(m.Data)}, m.Buffers...)`))
	if s := c.await(made); s.error != nil {
		t.Fatalf("%s %s", s.text(), c.kernel.Log())
	}

	t.Run("info", func(t *testing.T) {
		e, err := c.kernel.Request(t.Context(), jupyter.Shell, &jupyter.CommInfoRequest{})
		if err != nil {
			t.Fatal(err)
		}
		m, ok := e.Content.(*jupyter.CommInfoReply)
		if !ok || m.Comms["a"].TargetName != "test" || len(m.Comms) != 1 {
			t.Errorf("comm_info: %+v", e.Content)
		}
	})
	t.Run("a message and its echo, with buffers", func(t *testing.T) {
		for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
			id := c.sendComm(ch, &jupyter.CommMessage{ID: "a", Data: jupyter.Object(`{"x":1}`)}, []byte{7, 8})
			events := c.caused(id)
			if got := kinds(events); got != "status comm_msg status" {
				t.Fatalf("%s: caused %s", ch, got)
			}
			m := events[1].Content.(*jupyter.CommMessage)
			if string(m.Data) != `{"echo":"{\"x\":1}"}` || len(events[1].Message.Buffers) != 1 ||
				!bytes.Equal(events[1].Message.Buffers[0], []byte{7, 8}) {
				t.Errorf("echo %s %v", m.Data, events[1].Message.Buffers)
			}
			if got := c.late(made); got != "got {\"x\":1} [[7 8]]\n" {
				t.Errorf("%s: the cell that made the comm shows %q", ch, got)
			}
		}
	})
	t.Run("while a cell computes", func(t *testing.T) {
		running := c.send("%%\nfmt.Println(\"busy\")\nfor i := 0; i < 30; i++ { time.Sleep(100 * time.Millisecond) }\n" +
			"fmt.Println(\"done\")")
		id := c.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: "a", Data: jupyter.Object(`{"y":2}`)})
		c.caused(id)
		if got := c.late(made); got != "got {\"y\":2} []\n" {
			t.Errorf("the cell that made the comm shows %q", got)
		}
		if s := c.await(running); s.text() != "busy\ndone" {
			t.Errorf("the running cell shows %q", s.text())
		}
	})
	t.Run("unknown comms and targets", func(t *testing.T) {
		for _, content := range []jupyter.Content{&jupyter.CommMessage{ID: "nobody"}, &jupyter.CommClose{ID: "nobody"}} {
			if got := kinds(c.caused(c.sendComm(jupyter.Shell, content))); got != "status status" {
				t.Errorf("%s: caused %s", content.MessageType(), got)
			}
		}
		open := &jupyter.CommOpen{ID: "x", TargetName: "nothing"}
		if got := kinds(c.caused(c.sendComm(jupyter.Shell, open))); got != "status comm_close status" {
			t.Errorf("open: caused %s", got)
		}
	})
	t.Run("a target of the cell's", func(t *testing.T) {
		cell := c.send(`%%
comm.HandleTarget("mine", func(c *comm.Comm, m comm.Message) {
	if string(m.Data) == "{\"bad\":1}" { panic("not this one") }
	c.OnMessage(func(m comm.Message) { c.Send(map[string]int{"n": len(m.Data)}) })
	c.OnClose(func(comm.Message) { fmt.Println("closed by the page") })
})`)
		if s := c.await(cell); s.error != nil {
			t.Fatal(s.text())
		}
		open := func(id, data string) string {
			return kinds(c.caused(c.sendComm(jupyter.Shell,
				&jupyter.CommOpen{ID: id, TargetName: "mine", Data: jupyter.Object(data)})))
		}
		if got := open("good", `{}`); got != "status status" {
			t.Errorf("open: caused %s", got)
		}
		if got := kinds(c.caused(c.sendComm(jupyter.Shell,
			&jupyter.CommMessage{ID: "good"}))); got != "status comm_msg status" {
			t.Errorf("message: caused %s", got)
		}
		if got := open("bad", `{"bad":1}`); got != "status comm_close status" {
			t.Errorf("open that panics: caused %s", got)
		}
		if got := kinds(c.caused(c.sendComm(jupyter.Shell, &jupyter.CommClose{ID: "good"}))); got != "status status" {
			t.Errorf("close: caused %s", got)
		}
		if got := kinds(c.caused(c.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: "good"}))); got != "status status" {
			t.Errorf("message to a closed comm: caused %s", got)
		}
	})
}

// TestCommHandlersThatMisbehave has the kernel and the values stay.
func TestCommHandlersThatMisbehave(t *testing.T) {
	c := newClient(t)
	message := func(id, data string) string {
		return c.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: id, Data: jupyter.Object(data)})
	}
	calls := commCell("a", `
		calls++
		switch string(m.Data) {
		case "{\"do\":\"panic\"}":
			var p *int
			*p = 1
		case "{\"do\":\"exit\"}":
			os.Exit(3)
		case "{\"do\":\"loop\"}":
			for { calls += 0 }
		case "{\"do\":\"sleep\"}":
			time.Sleep(time.Hour)
		case "{\"do\":\"block\"}":
			select {}
		case "{\"do\":\"start\"}":
			go func() { panic("in a goroutine of the handler") }()
		}`)
	if s := c.run("var calls int"); s.error != nil {
		t.Fatal(s.text())
	}
	made := c.send(calls)
	if s := c.await(made); s.error != nil {
		t.Fatalf("%s %s", s.text(), c.kernel.Log())
	}
	for _, x := range []struct{ do, want string }{
		{"panic", "nil pointer dereference"},
		{"exit", "os.Exit(3)"},
		{"start", "in a goroutine of the handler"},
	} {
		c.caused(message("a", `{"do":"`+x.do+`"}`))
		deadline := time.Now().Add(5 * time.Second)
		text := c.late(made)
		for !strings.Contains(text, x.want) && time.Now().Before(deadline) {
			c.caused(message("a", `{}`))
			text += c.late(made)
		}
		if !strings.Contains(text, x.want) {
			t.Errorf("%s: the cell that made the comm shows %q", x.do, text)
		}
	}
	for _, do := range []string{"loop", "sleep", "block"} {
		id := message("a", `{"do":"`+do+`"}`)
		time.Sleep(300 * time.Millisecond)
		if err := c.kernel.Interrupt(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.caused(id)
		if text := c.late(made); !strings.Contains(text, "Interrupted: ") {
			t.Errorf("%s: the cell that made the comm shows %q", do, text)
		}
	}
	// A handler that runs while 10,000 messages come.
	if s := c.run(`%%
release := make(chan bool)
calls = 0
c_a.OnMessage(func(comm.Message) { if calls == 0 { <-release }; calls++ })`); s.error != nil {
		t.Fatal(s.text())
	}
	var last string
	for range 10_001 {
		last = message("a", `{}`)
	}
	if s := c.run("%%\nclose(release)"); s.error != nil {
		t.Fatal(s.text())
	}
	c.caused(last)
	if s := c.run("calls"); s.result != "10001" {
		t.Errorf("%s calls for 10001 messages", s.text())
	}
}

// TestLargeBuffers sends 50 MB there and back.
func TestLargeBuffers(t *testing.T) {
	c := newClient(t)
	if s := c.run(commCell("a", `c_a.Send(map[string]any{"n": len(m.Buffers[0])}, m.Buffers...)`)); s.error != nil {
		t.Fatal(s.text())
	}
	large := bytes.Repeat([]byte("0123456789"), 5_000_000)
	events := c.caused(c.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: "a"}, large))
	if len(events) != 3 || len(events[1].Message.Buffers) != 1 || !bytes.Equal(events[1].Message.Buffers[0], large) {
		t.Errorf("50 MB caused %s", kinds(events))
	}
}

// TestCommsOfAProcessThatDies are closed, and the next process has its own.
func TestCommsOfAProcessThatDies(t *testing.T) {
	c := newClient(t)
	made := c.send(commCell("a", ``))
	if s := c.await(made); s.error != nil {
		t.Fatal(s.text())
	}
	s := c.run("import \"syscall\"\n%%\nsyscall.Kill(syscall.Getpid(), syscall.SIGKILL)")
	if s.error == nil {
		t.Fatal("the process lives")
	}
	closed := false
	for _, e := range c.others {
		if m, ok := e.Content.(*jupyter.CommClose); ok && m.ID == "a" {
			closed = true
		}
	}
	if !closed {
		t.Errorf("no comm_close after the end of the process")
	}
	if s := c.run(commCell("b", ``)); s.error != nil {
		t.Errorf("a comm of the new process: %s", s.text())
	}
	if got := kinds(c.caused(c.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: "b"}))); got != "status status" {
		t.Errorf("a message to the new process: caused %s", got)
	}
}
