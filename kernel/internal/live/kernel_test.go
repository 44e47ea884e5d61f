package live

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// client is a front end to a kernel under test.
type client struct {
	t      testing.TB
	kernel *jupyter.Kernel
	dir    string
	inputs []string
	// during is called for each event of a running cell.
	during func(jupyter.Event)
	// others are events of executions that nobody has asked for yet.
	others []jupyter.Event
}

func newClient(t *testing.T) *client { return newClientIn(t, testLibrary.Module().Dir) }

// newClientIn starts a kernel whose module is in a folder.
func newClientIn(t *testing.T, module string) *client {
	t.Helper()
	l := testLibrary.Get(t)
	dir := t.TempDir()
	spec := &jupyter.Spec{Argv: []string{os.Args[0], kernelArgument, l.Dir, "{connection_file}"}, DisplayName: "live",
		Language: "go", InterruptMode: jupyter.InterruptByMessage}
	k, err := jupyter.Launch(t.Context(), jupyter.LaunchOptions{Spec: spec, Dir: dir,
		Env: []string{moduleVariable + "=" + module}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return &client{t: t, kernel: k, dir: dir}
}

// shown is what a cell has shown.
type shown struct {
	stdout, stderr string
	result         string
	displays       []string
	error          *jupyter.ErrorOutput
	reply          *jupyter.ExecuteReply
}

// text sums it up.
func (s *shown) text() string {
	parts := []string{}
	for _, p := range append([]string{s.stdout, s.stderr}, s.displays...) {
		if p = strings.TrimSpace(p); p != "" && !strings.HasPrefix(p, `<div style="font-family:monospace">`) {
			parts = append(parts, p)
		}
	}
	if s.result != "" {
		parts = append(parts, "=> "+s.result)
	}
	if s.error != nil {
		parts = append(parts, s.error.Name+": "+s.error.Value)
	}
	return strings.Join(parts, "\n")
}

func (c *client) run(code string) *shown { return c.await(c.send(code)) }

func (c *client) send(code string) string {
	c.t.Helper()
	id, err := c.kernel.Execute(c.t.Context(), jupyter.ExecuteRequest{Code: code, StoreHistory: true,
		AllowStdin: c.inputs != nil, StopOnError: true})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// await collects what the execution with the id shows.
func (c *client) await(id string) *shown {
	c.t.Helper()
	s := &shown{}
	idle := false
	limit := time.After(90 * time.Second)
	for !idle || s.reply == nil {
		var e jupyter.Event
		if i := slices.IndexFunc(c.others, func(e jupyter.Event) bool { return e.ParentID() == id }); i >= 0 {
			e = c.others[i]
			c.others = slices.Delete(c.others, i, i+1)
		} else {
			select {
			case next, ok := <-c.kernel.Events():
				if !ok || next.Err != nil {
					c.t.Fatalf("the kernel is gone: %v; %s", next.Err, c.kernel.Log())
				}
				e = next
			case <-limit:
				c.t.Fatalf("the cell does not end; so far %s", s.text())
			}
			if e.ParentID() != id {
				c.others = append(c.others, e)
				continue
			}
		}
		{
			if c.during != nil {
				c.during(e)
			}
			switch m := e.Content.(type) {
			case *jupyter.Stream:
				if m.Name == "stdout" {
					s.stdout += m.Text
				} else {
					s.stderr += m.Text
				}
			case *jupyter.ExecuteResult:
				s.result, _ = m.Data.Text("text/plain")
			case *jupyter.DisplayData:
				text, ok := m.Data.Text("text/html")
				if !ok {
					text, _ = m.Data.Text("text/markdown")
				}
				s.displays = append(s.displays, strings.TrimSpace(text+" "+m.Transient.DisplayID))
			case *jupyter.UpdateDisplayData:
				text, _ := m.Data.Text("text/html")
				s.displays = append(s.displays, "update "+text+" "+m.Transient.DisplayID)
			case *jupyter.ErrorOutput:
				s.error = m
			case *jupyter.InputRequest:
				answer := c.inputs[0]
				c.inputs = c.inputs[1:]
				if err := c.kernel.Input(c.t.Context(), e.Message, answer); err != nil {
					c.t.Fatal(err)
				}
			case *jupyter.ExecuteReply:
				s.reply = m
			case *jupyter.Status:
				idle = idle || m.State == jupyter.Idle
			}
		}
	}
	return s
}

// check runs cells and compares what they show: "cell", "shown", in turn; "…"
// at the end leaves out the rest.
func (c *client) check(cells ...string) {
	c.t.Helper()
	for i := 0; i+1 < len(cells); i += 2 {
		got, want := c.run(cells[i]).text(), cells[i+1]
		start, open := strings.CutSuffix(want, "…")
		if got != want && !(open && strings.HasPrefix(got, start)) {
			c.t.Errorf("cell %q shows\n%s\nwant\n%s", cells[i], got, want)
		}
	}
}

func TestKernelCells(t *testing.T) {
	c := newClient(t)
	c.check(
		"x := 41\nfmt.Println(\"hi\")", "hi",
		"x + 1", "=> 42",
		"fmt.Fprintln(os.Stderr, \"err\")", "err",
		"y := undefined1", "TypeError: cell[4]:1:6: undefined: undefined1",
	)
	// That a type changes matters once there may be values of it.
	c.check("type T struct{}", "", "func (T) A() {}", "", "var t any = T{}", "",
		"func (T) B() {}\n%%\n_, same := t.(T)\nsame", "note: type T has changed: variables of it follow if its fields are "+
			"the same; "+
			"values in interfaces made before keep the old type and its methods\n=> false")
	wrong := c.run("a := 1\nb := nothing")
	if wrong.error == nil || wrong.error.Name != "TypeError" ||
		!strings.Contains(strings.Join(wrong.error.Traceback, "\n"),
			":2:6: undefined: nothing\n    b := nothing\n         ^") || wrong.reply.Status != jupyter.StatusError {
		t.Errorf("an error is shown as %q", wrong.error)
	}
	panicked := c.run("func deep(p *int) int { return *p }\n%%\nx = 7\ndeep(nil)")
	trace := strings.Join(panicked.error.Traceback, "\n")
	if panicked.error.Name != "Panic" || !strings.Contains(trace, "] line 1: deep") || strings.Contains(trace, "host.") {
		t.Errorf("a panic is shown as\n%s", trace)
	}
	c.check("x", "=> 7")
	trace = strings.Join(c.run("var p *int\n*p = 1").error.Traceback, "\n")
	if !strings.Contains(trace, "] line 2: the cell's statements") {
		t.Errorf("a panic is shown as\n%s", trace)
	}
}

// TestKernelHelp: a special command shows more than text.
func TestKernelHelp(t *testing.T) {
	if s := newClient(t).run("%help"); len(s.displays) != 1 || !strings.Contains(s.displays[0], "%rerun") {
		t.Errorf("help is %q", s.displays)
	}
}

func TestKernelDisplays(t *testing.T) {
	c := newClient(t)
	c.check(
		"import \"github.com/janpfeifer/gonb/gonbui\"\n%%\nfmt.Println(\"before\")\ngonbui.DisplayHTML(\"<b>1</b>\")\n"+
			"gonbui.DisplayMarkdown(\"*2*\")", "before\n<b>1</b>\n*2*",
		"gonbui.UpdateHTML(\"id\", \"a\")\ngonbui.UpdateHTML(\"id\", \"b\")", "a id\nupdate b id",
		"gonbui.UpdateHTML(\"id\", \"c\")", "update c id",
		"type shows struct{}\ntype forms struct{ Text, HTML string }\nfunc (shows) Display() forms { return forms{\"text\", "+
			"\"<i>html</i>\"} }\nshows{}", "=> text",
	)
	c.inputs = []string{"typed"}
	c.check("var line string\ngonbui.RequestInput(\"name?\", false)\nfmt.Scanln(&line)\nline", "=> typed")
	c.inputs = []string{"for the shell"}
	c.check("%with_inputs\n!read line; echo got $line", "got for the shell")
	c.inputs = []string{"3 4", "five"}
	c.check("var a, b int\nvar word string\nfmt.Scan(&a)\nfmt.Scan(&b, &word)\nfmt.Println(a, b, word)", "3 4 five")
	c.inputs = nil
	for _, code := range []string{"gonbui.RequestInput(\"name?\", false)\nfmt.Scanln(&line)",
		"gonbui.RequestInput(\"name?\", false)",
		"fmt.Scan(&line)", "bufio.NewReader(os.Stdin).ReadString('\\n')", "%with_inputs\n!read line"} {
		if s := c.run(code); s.error == nil || s.error.Name != "StdinNotAllowed" {
			t.Errorf("%q without input: %s", code, s.text())
		}
	}
	c.check("line", "=> typed")
}

// interruptSoon interrupts the kernel when the running cell has printed
// something.
func (c *client) interruptSoon() {
	done := false
	c.during = func(e jupyter.Event) {
		if _, ok := e.Content.(*jupyter.Stream); ok && !done {
			done = true
			go func() { _ = c.kernel.Interrupt(context.WithoutCancel(c.t.Context())) }()
		}
	}
}

func TestKernelInterrupt(t *testing.T) {
	for name, code := range map[string]string{
		"loop":       "n = 2\nfmt.Println(\"go\")\nfor { }",
		"work":       "n = 2\nfmt.Println(\"go\")\nfor i := 0; ; i++ { _ = fmt.Sprint(i) }",
		"sleep":      "n = 2\nfmt.Println(\"go\")\ntime.Sleep(time.Hour)",
		"output":     "n = 2\nfor { fmt.Println(\"more and more\") }",
		"allocation": "n = 2\nfmt.Println(\"go\")\nvar keep [][]byte\nfor { keep = append(keep[:0], make([]byte, 1<<20)) }",
		"signal": "n = 2\nc := make(chan os.Signal, 1)\nsignal.Notify(c, " +
			"os.Interrupt)\nfmt.Println(\"go\")\n<-c\npanic(\"interrupted as asked\")",
		"shell": "!echo go; sleep 1000",
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			c.check("n := 2", "")
			c.interruptSoon()
			s := c.run(code)
			c.during = nil
			if s.error == nil || s.error.Name != "Interrupted" {
				t.Errorf("the interrupted cell shows %.300s", s.text())
			}
			c.check("n", "=> 2")
		})
	}
	t.Run("deaf", func(t *testing.T) {
		c := newClient(t)
		c.check("n := 2", "")
		c.interruptSoon()
		s := c.run("fmt.Println(\"go\")\nselect {}")
		if s.error == nil || s.error.Name != "Interrupted" || !strings.Contains(s.error.Value, "lost are the values of n") {
			t.Errorf("the interrupted cell shows %s", s.text())
		}
		c.during = nil
		c.check("1", "=> 1")
	})
}

func TestKernelBadInput(t *testing.T) {
	c := newClient(t)
	for _, garbage := range []string{"\x00\x01", "}{", "`", "/*", "%", "%%", "!", "package x", "func", "import",
		"import \"no/such/package\"", "var", "x :=", strings.Repeat("(", 10_000),
		strings.Repeat("a + ", 2_000) + "a", "\"\xff\xfe\"", "%%\n}}}}", "%exec", "%rerun 99", "%cd /no/such", "%%script\nx",
		"%%gx\nx", "%%writefile\nx", "goto nowhere", "//line x:1\nx"} {
		s := c.run(garbage)
		if len(garbage) > 40 {
			garbage = garbage[:40] + "…"
		}
		if s.error != nil && s.error.Value == "" {
			t.Errorf("%q has an error without words", garbage)
		}
		t.Logf("%q: %.120s", garbage, s.text())
	}
	c.check("\"well\"", "=> well", "", "", "// a comment", "", "%%", "")
}

func TestKernelServices(t *testing.T) {
	c := newClient(t)
	ctx := t.Context()
	if info := c.kernel.Info; info.Implementation != Implementation || info.LanguageInfo.FileExtension != ".go" {
		t.Errorf("%+v", info)
	}
	c.check("x := 1", "", "x", "=> 1")
	for _, q := range []struct {
		ask  jupyter.Content
		want string
	}{
		{&jupyter.IsCompleteRequest{Code: "func f() {"}, `{"status":"incomplete","indent":"\t"}`},
		{&jupyter.HistoryRequest{AccessType: "tail", N: 1}, `{"status":"ok","history":[[1,2,"x"]]}`},
		{&jupyter.HistoryRequest{AccessType: "search", Pattern: "x :*"}, `{"status":"ok","history":[[1,1,"x := 1"]]}`},
		{&jupyter.HistoryRequest{AccessType: "range", Start: 1, Stop: 2, Output: true}, `{"status":"ok","history":[[1,1,["x := 1",null]]]}`},
	} {
		k := &Kernel{history: []string{"x := 1", "x"}}
		got, err := json.Marshal(k.answer(q.ask))
		if err != nil || string(got) != q.want {
			t.Errorf("%s answers %s, want %s (%v)", q.ask.MessageType(), got, q.want, err)
		}
	}
	if os.Getenv("GOCIFAR_TEST_GOPLS") == "" {
		t.Skip("completion needs gopls: set GOCIFAR_TEST_GOPLS to it")
	}
	complete, err := c.kernel.Complete(ctx, "fmt.Printl", 10)
	for range 10 { // gopls takes its time at first
		if err != nil || len(complete.Matches) > 0 {
			break
		}
		complete, err = c.kernel.Complete(ctx, "fmt.Printl", 10)
	}
	if err != nil || len(complete.Matches) != 1 || complete.Matches[0] != "Println" || complete.CursorStart != 4 {
		t.Errorf("completion %+v, %v", complete, err)
	}
	inspect, err := c.kernel.Inspect(ctx, "import \"fmt\"\n%%\nfmt.Println(x)", 23, 0)
	if err != nil {
		status, _ := c.kernel.ExitStatus()
		t.Fatal(err, c.kernel.Log(), status)
	}
	if text, _ := inspect.Data.Text("text/plain"); !strings.Contains(text, "func fmt.Println") {
		t.Errorf("inspection %+v, %v", inspect, err)
	}
}

func TestKernelAborts(t *testing.T) {
	c := newClient(t)
	first, second := c.send("time.Sleep(300*time.Millisecond)\npanic(\"no\")"), c.send("fmt.Println(\"never\")")
	if s := c.await(first); s.error == nil {
		t.Errorf("%s", s.text())
	}
	if s := c.await(second); s.reply.Status != jupyter.StatusAborted || s.stdout != "" {
		t.Errorf("%+v", s)
	}
	c.check("\"goes on\"", "=> goes on")
}
