package live

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// The situations are those of ipykernel's tests/test_subshells.py.

// control sends a request on the control channel and returns the reply as JSON.
func (c *client) control(content jupyter.Content) map[string]any {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	e, err := c.kernel.Request(ctx, jupyter.Control, content)
	if err != nil {
		c.t.Fatal(err)
	}
	return decoded(c.t, e.Message.Content)
}

func decoded(t testing.TB, raw json.RawMessage) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return m
}

func (c *client) newSubshell() string {
	c.t.Helper()
	reply := c.control(&jupyter.CreateSubshellRequest{})
	id, _ := reply["subshell_id"].(string)
	if reply["status"] != "ok" || id == "" {
		c.t.Fatalf("create_subshell_reply is %v", reply)
	}
	return id
}

func (c *client) subshells() string {
	reply := c.control(&jupyter.ListSubshellRequest{})
	return fmt.Sprint(reply["status"], reply["subshell_id"])
}

// inSubshell sends a cell to a subshell, or to the main shell for "".
func (c *client) inSubshell(id, code string) (request string) {
	c.t.Helper()
	request, err := c.kernel.ExecuteIn(c.t.Context(), id,
		jupyter.ExecuteRequest{Code: code, StoreHistory: true, StopOnError: true})
	if err != nil {
		c.t.Fatal(err)
	}
	return request
}

// gather takes events until all requests have replies and the kernel is idle
// after each, and returns what each gave and the order of the replies.
func (c *client) gather(requests ...string) (gave map[string]string, order []string) {
	c.t.Helper()
	gave, states := map[string]string{}, map[string]string{}
	open := map[string]int{}
	for _, r := range requests {
		open[r] = 2 // reply, idle
	}
	limit := time.After(60 * time.Second)
	for len(open) > 0 {
		var e jupyter.Event
		select {
		case e = <-c.kernel.Events():
		case <-limit:
			c.t.Fatalf("these have not ended: %v, the others gave %v", open, gave)
		}
		id := e.ParentID()
		done := false
		switch m := e.Content.(type) {
		case *jupyter.Stream:
			gave[id] += m.Text
		case *jupyter.ExecuteResult:
			text, _ := m.Data.Text("text/plain")
			gave[id] += "=> " + text
		case *jupyter.DisplayData:
			for _, form := range []string{"text/plain", "text/html", "text/markdown"} {
				if text, ok := m.Data.Text(form); ok {
					gave[id] += text
					break
				}
			}
		case *jupyter.ErrorOutput:
			gave[id] += m.Name + ": " + m.Value
		case *jupyter.ExecuteReply:
			states[id] = " [" + m.Status + "]" // comes on another channel than the output
			order = append(order, id)
			done = true
		case *jupyter.Status:
			done = m.State == jupyter.Idle
		}
		if done && open[id] > 0 {
			if open[id]--; open[id] == 0 {
				delete(open, id)
			}
		}
	}
	for id, state := range states {
		gave[id] += state
	}
	return gave, order
}

func TestSubshellSupported(t *testing.T) {
	c := newClient(t)
	info, err := c.kernel.KernelInfo(t.Context())
	if err != nil || !slices.Contains(info.SupportedFeatures, "kernel subshells") || info.ProtocolVersion < "5.5" {
		t.Errorf("%+v, %v", info, err)
	}
	if got := c.subshells(); got != "ok[]" {
		t.Errorf("at first there are %s", got)
	}
	a, b := c.newSubshell(), c.newSubshell()
	ids := []string{a, b}
	slices.Sort(ids)
	if got := c.subshells(); got != "ok"+fmt.Sprint(ids) {
		t.Errorf("there are %s, want %v", got, ids)
	}
	if reply := c.control(&jupyter.DeleteSubshellRequest{ID: a}); reply["status"] != "ok" {
		t.Errorf("delete: %v", reply)
	}
	if got := c.subshells(); got != "ok["+b+"]" {
		t.Errorf("after one was deleted there are %s", got)
	}
	if reply := c.control(&jupyter.DeleteSubshellRequest{ID: a}); reply["status"] != "error" ||
		reply["ename"] != "UnknownSubshellError" {
		t.Errorf("delete again: %v", reply)
	}
}

// TestSubshellSharesValues: a subshell sees the notebook's variables, and the
// other way round; numbers of cells go on.
func TestSubshellSharesValues(t *testing.T) {
	c := newClient(t)
	c.check("x := 1\nfunc f() int { return x * 10 }", "")
	s := c.newSubshell()
	a := c.inSubshell(s, "x++\ny := []int{x}\nfmt.Println(\"in the subshell\", f())\ny")
	if gave, _ := c.gather(a); gave[a] != "in the subshell 20\n=> [2] [ok]" {
		t.Errorf("the subshell gave %q", gave[a])
	}
	c.check("x, len(y)", "=> (2, 1)")
}

// TestSubshellRunsBesideACell: what the subshell runs ends while the notebook's
// cell runs, and each has its own output.
func TestSubshellRunsBesideACell(t *testing.T) {
	c := newClient(t)
	c.check("step := 0\nstop := make(chan bool)", "")
	s := c.newSubshell()
	main := c.inSubshell("", "fmt.Println(\"main begins\")\nfor loop := true; loop; step++ {\n\tselect {\n"+
		"\tcase <-stop: loop = false\n"+
		"\tcase <-time.After(time.Millisecond):\n\t}\n}\nfmt.Println(\"main ends\")\nstep > 0")
	first := c.inSubshell(s, "fmt.Println(\"sub\", step >= 0)\nnumbers := []int{1, 2}\nlen(numbers)")
	failing := c.inSubshell(s, "var none []int\nnone[len(numbers)]")
	aborted := c.inSubshell(s, "fmt.Println(\"never\")")
	gave, order := c.gather(first, failing, aborted)
	if gave[first] != "sub true\n=> 2 [ok]" {
		t.Errorf("beside: %q", gave[first])
	}
	if !strings.Contains(gave[failing], "index out of range") || !strings.HasSuffix(gave[failing], "[error]") {
		t.Errorf("a cell that fails beside: %q", gave[failing])
	}
	if gave[aborted] != " [aborted]" || len(order) != 3 {
		t.Errorf("the cell behind it: %q, %v", gave[aborted], order)
	}
	last := c.inSubshell(s, "stop <- true")
	more, order := c.gather(last, main)
	// What was printed before the others ended is in the first.
	if got := gave[main] + more[main]; got != "main begins\nmain ends\n=> true [ok]" {
		t.Errorf("the notebook's cell gave %q", got)
	}
	if len(order) != 2 || more[last] != " [ok]" {
		t.Errorf("%v %q", order, more[last])
	}
	c.check("len(numbers)", "=> 2")
}

// TestSubshellsRunBesideEachOther: the two sleep at the same time.
func TestSubshellsRunBesideEachOther(t *testing.T) {
	c := newClient(t)
	a, b := c.newSubshell(), c.newSubshell()
	c.check("meet := make(chan string)", "")
	first := c.inSubshell(a, "fmt.Println(\"a\", <-meet)\nmeet <- \"from a\"")
	second := c.inSubshell(b, "meet <- \"from b\"\nfmt.Println(\"b\", <-meet)")
	gave, _ := c.gather(first, second)
	if gave[first] != "a from b\n [ok]" || gave[second] != "b from a\n [ok]" {
		t.Errorf("%q, %q", gave[first], gave[second])
	}
}

// TestSubshellInterrupt: the right one is interrupted.
func TestSubshellInterrupt(t *testing.T) {
	c := newClient(t)
	s, other := c.newSubshell(), c.newSubshell()
	loop := "for { time.Sleep(time.Hour) }"
	main, sub := c.inSubshell("", "fmt.Println(1)\n"+loop), c.inSubshell(s, "fmt.Println(2)\n"+loop)
	spin := c.inSubshell(other, "fmt.Println(3)\nfor n := 0; ; n++ {}")
	c.awaitOutput("1\n", "2\n", "3\n")
	interrupt := func(id string) {
		if err := c.kernel.InterruptIn(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	interrupt(s)
	if gave, order := c.gather(sub); len(order) != 1 || !strings.Contains(gave[sub], "nterrupted") {
		t.Fatalf("the subshell's: %q", gave[sub])
	}
	interrupt("")
	if gave, order := c.gather(main); len(order) != 1 || !strings.Contains(gave[main], "nterrupted") {
		t.Fatalf("the notebook's: %q", gave[main])
	}
	again := c.inSubshell(s, "\"alive\"")
	if gave, _ := c.gather(again); gave[again] != "=> alive [ok]" {
		t.Errorf("afterwards: %q", gave[again])
	}
	interrupt("") // no cell of the notebook runs: those of subshells
	if gave, _ := c.gather(spin); !strings.Contains(gave[spin], "nterrupted") {
		t.Errorf("the other subshell's: %q", gave[spin])
	}
}

// awaitOutput waits until each text has been printed.
func (c *client) awaitOutput(texts ...string) {
	c.t.Helper()
	limit := time.After(30 * time.Second)
	for len(texts) > 0 {
		select {
		case e := <-c.kernel.Events():
			if s, ok := e.Content.(*jupyter.Stream); ok {
				texts = slices.DeleteFunc(texts, func(text string) bool { return text == s.Text })
			}
		case <-limit:
			c.t.Fatalf("not printed: %q", texts)
		}
	}
}

// TestSubshellExits: os.Exit, a panic and runtime.Goexit end the subshell's cell
// alone.
func TestSubshellExits(t *testing.T) {
	c := newClient(t)
	s := c.newSubshell()
	main := c.inSubshell("", "fmt.Println(1)\ntime.Sleep(2 * time.Second)\n\"whole\"")
	c.awaitOutput("1\n")
	var requests []string
	for _, code := range []string{"os.Exit(3)", "panic(\"p\")", "go panic(\"q\")\ntime.Sleep(time.Hour)", "%who",
		"!echo shell", "nonsense("} {
		requests = append(requests, c.inSubshell(s, code))
		gave, _ := c.gather(requests[len(requests)-1])
		text := gave[requests[len(requests)-1]]
		want := map[string]string{"os.Exit(3)": "exit status 3", "panic(\"p\")": "Panic: p", "%who": "there are no variables",
			"!echo shell": "shell", "nonsense(": "Error"}[code]
		if strings.HasPrefix(code, "go panic") {
			want = "Panic: q"
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s gave %q, want %q", code, text, want)
		}
	}
	if gave, _ := c.gather(main); gave[main] != "=> whole [ok]" {
		t.Errorf("the notebook's cell gave %q", gave[main])
	}
}

// TestSubshellRichOutput: what the two show goes to each, although it comes
// through one pipe.
func TestSubshellRichOutput(t *testing.T) {
	c := newClient(t)
	s := c.newSubshell()
	c.check("import \"github.com/janpfeifer/gonb/gonbui\"\ngo_on := make(chan bool)", "")
	main := c.inSubshell("", "fmt.Println(1)\nfor i := range 20 { gonbui.DisplayMarkdown(fmt.Sprint(\"m\", i, \" \")); "+
		"time.Sleep(10*time.Millisecond) }\n_ = <-go_on")
	c.awaitOutput("1\n")
	sub := c.inSubshell(s, "for i := range 20 { gonbui.DisplayMarkdown(fmt.Sprint(\"s\", i, \" \")); "+
		"time.Sleep(10*time.Millisecond) }\ngo_on <- true")
	gave, _ := c.gather(main, sub)
	var wantMain, wantSub strings.Builder
	for i := range 20 {
		fmt.Fprint(&wantMain, "m", i, " ")
		fmt.Fprint(&wantSub, "s", i, " ")
	}
	if gave[main] != wantMain.String()+" [ok]" && !strings.HasSuffix(wantMain.String()+" [ok]", gave[main]) {
		t.Errorf("the notebook's cell: %q", gave[main])
	}
	if gave[sub] != wantSub.String()+" [ok]" {
		t.Errorf("the subshell's cell: %q", gave[sub])
	}
}

// TestSubshellUnknown: requests for a subshell that is not there have an answer.
func TestSubshellUnknown(t *testing.T) {
	c := newClient(t)
	request := c.inSubshell("unheard", "1")
	deadline := time.After(20 * time.Second)
	for {
		select {
		case e := <-c.kernel.Events():
			reply, ok := e.Content.(*jupyter.ExecuteReply)
			if !ok || e.ParentID() != request {
				continue
			}
			if reply.Status != "error" || reply.Name != "UnknownSubshellError" {
				t.Errorf("the reply is %+v", reply)
			}
		case <-deadline:
			t.Fatal("no reply")
		}
		break
	}
	if err := c.kernel.InterruptIn(t.Context(), "unheard"); err == nil {
		t.Error("a subshell that is not there is interrupted")
	}
	c.check("1 + 1", "=> 2")
}

// TestSubshellDeleted while its cell runs: the cell is interrupted.
func TestSubshellDeleted(t *testing.T) {
	c := newClient(t)
	s := c.newSubshell()
	request := c.inSubshell(s, "fmt.Println(1)\ntime.Sleep(time.Hour)")
	c.awaitOutput("1\n")
	if reply := c.control(&jupyter.DeleteSubshellRequest{ID: s}); reply["status"] != "ok" {
		t.Errorf("%v", reply)
	}
	if gave, _ := c.gather(request); !strings.Contains(gave[request], "nterrupted") {
		t.Errorf("its cell gave %q", gave[request])
	}
	c.check("1 + 1", "=> 2")
}

// TestSecondConsole attaches to a kernel that runs a cell, works on its values,
// and leaves.
func TestSecondConsole(t *testing.T) {
	served := startServed(t, testLibrary.Get(t).Dir)
	c := served.attach()
	c.check("x := 1\nstop := make(chan bool)", "")
	main := c.inSubshell("", "fmt.Println(1)\n_ = <-stop")
	c.awaitOutput("1\n")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	second, err := jupyter.AttachSubshell(ctx, served.info)
	if err != nil {
		t.Fatal(err)
	}
	console := &client{t: t, kernel: second, dir: c.dir}
	console.check("x + 1", "=> 2", "fmt.Println(\"beside\")", "beside")
	if reply, err := second.Complete(ctx, "fmt.Printl", 10); err != nil || reply.Status != "ok" {
		t.Errorf("completion beside a cell: %+v, %v", reply, err)
	}
	console.check("stop <- true", "")
	if gave, _ := c.gather(main); gave[main] != " [ok]" {
		t.Errorf("the notebook's cell gave %q", gave[main])
	}
	second.Close()
	if got := c.subshells(); got != "ok[]" {
		t.Errorf("after the console is gone there are %s", got)
	}
}
