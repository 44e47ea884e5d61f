package live

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-dap"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// debugClient is a front end with a debugger.
type debugClient struct {
	*client
	events []string // but for those of stops
}

func newDebugClient(t *testing.T) *debugClient {
	d := &debugClient{client: newClient(t)}
	d.attach()
	return d
}

// must sends a request that succeeds, and reads the body of the answer.
func (d *debugClient) must(command, arguments string, body any) {
	d.t.Helper()
	reply := d.debug(command, arguments)
	if !reply.Success {
		d.t.Fatalf("%s %s: %s", command, arguments, reply.Message)
	}
	if body != nil {
		if err := json.Unmarshal([]byte(reply.Body.(string)), body); err != nil {
			d.t.Fatal(err)
		}
	}
}

// breakAt sets breakpoints in a cell and returns what became of them.
func (d *debugClient) breakAt(code string, list ...dap.SourceBreakpoint) []dap.Breakpoint {
	d.t.Helper()
	var dumped struct{ SourcePath string }
	raw, _ := json.Marshal(map[string]string{"code": code})
	d.must("dumpCell", string(raw), &dumped)
	raw, _ = json.Marshal(dap.SetBreakpointsArguments{Source: dap.Source{Path: dumped.SourcePath}, Breakpoints: list})
	var body dap.SetBreakpointsResponseBody
	d.must("setBreakpoints", string(raw), &body)
	return body.Breakpoints
}

func line(n int) dap.SourceBreakpoint { return dap.SourceBreakpoint{Line: n} }

// runs runs a cell. Each time its code stops, the next of the steps is made; with
// none left the cell goes on.
func (d *debugClient) runs(code string, steps ...func(dap.StoppedEventBody)) *shown {
	d.t.Helper()
	d.during = func(e jupyter.Event) {
		event, ok := e.Content.(*jupyter.DebugEvent)
		if !ok {
			return
		}
		if event.Event != "stopped" {
			d.events = append(d.events, event.Event)
			return
		}
		raw, _ := json.Marshal(event.Body)
		var body dap.StoppedEventBody
		if err := json.Unmarshal(raw, &body); err != nil {
			d.t.Fatal(err)
		}
		if len(steps) == 0 {
			d.t.Errorf("stopped again: %+v", body)
			d.debug("continue", `{"threadId":1}`)
			return
		}
		step := steps[0]
		steps = steps[1:]
		step(body)
	}
	s := d.run(code)
	d.during = nil
	if len(steps) > 0 {
		d.t.Errorf("the cell ended with %d steps left: %s\n%s", len(steps), s.text(), d.kernel.Log())
	}
	return s
}

func (d *debugClient) stack() []dap.StackFrame {
	d.t.Helper()
	var body dap.StackTraceResponseBody
	d.must("stackTrace", `{"threadId":1}`, &body)
	return body.StackFrames
}

// where is the place of the innermost call.
func (d *debugClient) where() string {
	d.t.Helper()
	f := d.stack()[0]
	return fmt.Sprintf("%s:%d", f.Name, f.Line)
}

func (d *debugClient) list(reference int) map[string]dap.Variable {
	d.t.Helper()
	var body dap.VariablesResponseBody
	d.must("variables", fmt.Sprintf(`{"variablesReference":%d}`, reference), &body)
	list := map[string]dap.Variable{}
	for _, v := range body.Variables {
		list[v.Name] = v
	}
	return list
}

func (d *debugClient) scope(name string) (reference int) {
	d.t.Helper()
	var body dap.ScopesResponseBody
	d.must("scopes", fmt.Sprintf(`{"frameId":%d}`, d.stack()[0].Id), &body)
	for _, s := range body.Scopes {
		if s.Name == name {
			return s.VariablesReference
		}
	}
	d.t.Fatalf("there is no scope %s", name)
	return 0
}

// evaluate evaluates an expression in the innermost call, whatever comes of it.
func (d *debugClient) evaluate(expression string) string {
	d.t.Helper()
	raw, _ := json.Marshal(dap.EvaluateArguments{Expression: expression, FrameId: d.stack()[0].Id})
	reply := d.debug("evaluate", string(raw))
	if !reply.Success {
		return "error: " + reply.Message
	}
	var body dap.EvaluateResponseBody
	if err := json.Unmarshal([]byte(reply.Body.(string)), &body); err != nil {
		d.t.Fatal(err)
	}
	return body.Result
}

func (d *debugClient) goOn(command string) {
	d.t.Helper()
	d.must(command, `{"threadId":1}`, nil)
}

func (d *debugClient) wantEqual(what string, got, want any) {
	d.t.Helper()
	if got != want {
		d.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

const summing = `type pair struct{ A, B int }
func sum(list []int) (total int) {
	p := pair{1, 2}
	for i, x := range list {
		total += double(x)
		p.A = i
	}
	return total + p.B
}

func double(x int) int {
	y := 2 * x
	return y
}
%%
fmt.Println(sum([]int{1, 2, 3}))`

func TestDebugger(t *testing.T) {
	d := newDebugClient(t)
	set := d.breakAt(summing, line(5))
	if len(set) != 1 || !set[0].Verified || set[0].Line != 5 {
		t.Fatalf("breakpoints are %+v", set)
	}
	s := d.runs(summing, func(e dap.StoppedEventBody) {
		d.wantEqual("reason", e.Reason, "breakpoint")
		d.wantEqual("place", d.where(), "sum:5")
		var names []string
		for _, f := range d.stack() {
			names = append(names, f.Name)
		}
		d.wantEqual("stack", strings.Join(names, " "), "sum main")
		locals := d.list(d.scope("Locals"))
		d.wantEqual("x", locals["x"].Value, "1")
		d.wantEqual("list", locals["list"].Value+" "+locals["list"].Type, "3 [1 2 3] ▁▅█ []int")
		d.wantEqual("p", locals["p"].Value, "{A:1 B:2}")
		d.wantEqual("p.B", d.list(locals["p"].VariablesReference)["B"].Value, "2")
		d.wantEqual("x + total", d.evaluate("x + total"), "1")
		d.wantEqual("double(21)", d.evaluate("double(21)"), "42")
		d.wantEqual("p", d.evaluate("p"), "{A:1 B:2}")
		d.goOn("next")
	}, func(e dap.StoppedEventBody) {
		d.wantEqual("reason", e.Reason, "step")
		d.wantEqual("place after next", d.where(), "sum:6")
		d.goOn("next")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("place after next", d.where(), "sum:5")
		d.goOn("stepIn")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("place after stepIn", d.where(), "double:12")
		d.goOn("stepOut")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("place after stepOut", d.where(), "sum:6")
		d.must("setVariable", fmt.Sprintf(`{"variablesReference":%d,"name":"total","value":"1000"}`, d.scope("Locals")), nil)
		d.wantEqual("total", d.list(d.scope("Locals"))["total"].Value, "1000")
		p := d.list(d.scope("Locals"))["p"]
		d.must("setVariable", fmt.Sprintf(`{"variablesReference":%d,"name":"B","value":"p.B * 100"}`,
			p.VariablesReference), nil)
		d.breakAt(summing)
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "1206")
	if !slices.Contains(d.events, "continued") {
		t.Errorf("events are %q", d.events)
	}
}

func TestBreakpoints(t *testing.T) {
	d := newDebugClient(t)
	code := "// a comment\n\nfor i := 0; i < 5; i++ {\n\n\tfmt.Print(i, \" \")\n}\n\n"
	set := d.breakAt(code, line(1), line(4), line(7), dap.SourceBreakpoint{Line: 5, HitCondition: "soon"})
	got := fmt.Sprint(set[0].Line, set[0].Verified, set[1].Line, set[1].Verified, set[2].Verified, set[3].Verified)
	d.wantEqual("places", got, "3 true 5 true false false")
	if !strings.Contains(set[2].Message, "no statement in line 7") || !strings.Contains(set[3].Message, "hit condition") {
		t.Errorf("messages are %q and %q", set[2].Message, set[3].Message)
	}
	goOn := func(dap.StoppedEventBody) { d.goOn("continue") }
	stop := func(text string) func(dap.StoppedEventBody) {
		return func(e dap.StoppedEventBody) {
			d.t.Helper()
			if got := d.evaluate("i"); got != text {
				d.t.Errorf("i is %s, want %s (%s)", got, text, e.Text)
			}
			d.goOn("continue")
		}
	}
	d.breakAt(code, dap.SourceBreakpoint{Line: 5, Condition: "i%2 == 1"})
	d.wantEqual("condition", d.runs(code, stop("1"), stop("3")).text(), "0 1 2 3 4")
	d.breakAt(code, dap.SourceBreakpoint{Line: 5, HitCondition: "4"})
	d.runs(code, stop("3"), stop("4"))
	d.breakAt(code, dap.SourceBreakpoint{Line: 5, LogMessage: "i is {i}, twice {i*2}."})
	d.wantEqual("message", d.runs("%%\n"+code).text(), "0 1 2 3 4")
	if got := d.runs(code).text(); !strings.Contains(got, "i is 3, twice 6.\n3 i is 4") {
		t.Errorf("message: %q", got)
	}
	for condition, want := range map[string]string{"i + ": "syntax", "unheard": "undefined", "i": "not true or false",
		"[]int{}[i] == 0": "panic: runtime error"} {
		d.breakAt(code, dap.SourceBreakpoint{Line: 5, Condition: condition, HitCondition: "5"})
		d.runs(code, func(e dap.StoppedEventBody) {
			if !strings.Contains(e.Text, want) {
				t.Errorf("the condition %s: %q, want %q", condition, e.Text, want)
			}
			goOn(e)
		})
	}
}

// TestDebuggerScopes stops in code of every kind.
func TestDebuggerScopes(t *testing.T) {
	d := newDebugClient(t)
	for _, test := range []struct {
		code string
		line int
		want string
	}{
		{"func f[T any](v T) (r T) {\n\tr = v\n\treturn\n}\nf(\"a\")", 3, `r="a" v="a"`},
		{"x := 1\nif x := 2; x > 1 {\n\tx := x + 1\n\tfmt.Print(x)\n}", 4, "x=3"},
		{"func g() (n int) {\n\tdefer func() {\n\t\tn++\n\t}()\n\treturn 5\n}\ng()", 3, "n=5"},
		{"var v any = 3.5\nswitch w := v.(type) {\ncase float64:\n\tfmt.Print(w)\n}", 4, "w=3.5"},
		{"c := make(chan int, 1)\nc <- 7\nselect {\ncase n := <-c:\n\tfmt.Print(n)\n}", 5, "n=7"},
		{"seq := func(yield func(int) bool) { yield(8) }\nfor n := range seq {\n\tfmt.Print(n)\n}", 3, "n=8"},
		{"func h() {\n\ti := 0\nagain:\n\ti++\n\tif i < 3 {\n\t\tgoto again\n\t}\n\tfmt.Print(i)\n}\nh()", 8, "i=3"},
		{"func k() {\n\tm := map[string]int{\"a\": 1}\n\tadd := func(by int) { m[\"a\"] += by }\n\tadd(2)\n}\nk()",
			4, `m=1 map["a":1]`},
	} {
		d.breakAt(test.code, line(test.line))
		stopped := false
		d.runs(test.code, func(dap.StoppedEventBody) {
			stopped = true
			var got []string
			for name, v := range d.list(d.scope("Locals")) {
				got = append(got, name+"="+v.Value)
			}
			slices.Sort(got)
			if text := strings.Join(got, " "); !strings.Contains(text, test.want) {
				t.Errorf("%s\nlocals are %s, want %s", test.code, text, test.want)
			}
			d.breakAt(test.code)
			d.goOn("continue")
		})
		if !stopped {
			t.Errorf("%s\nhas not stopped", test.code)
		}
	}
}

func TestDebuggerStopsAtPanics(t *testing.T) {
	d := newDebugClient(t)
	d.must("setExceptionBreakpoints", `{"filters":["panic"]}`, nil)
	code := "func boom(p *struct{ N int }) int {\n\treturn p.N\n}\nfunc each(list []int) {\n\tfor i, v := range list {\n" +
		"\t\tif v == 0 {\n\t\t\tboom(nil)\n\t\t}\n\t}\n}\neach([]int{7, 0})"
	s := d.runs(code, func(e dap.StoppedEventBody) {
		d.wantEqual("locals", d.localsOf(0)+"; "+d.localsOf(1), "p=nil; i=1 list=2 [7 0] v=0")
		d.wantEqual("an expression", d.evaluate("p == nil"), "true")
		if r := d.debug("setVariable", fmt.Sprintf(`{"variablesReference":%d,"name":"p","value":"nil"}`,
			localsReference+d.stack()[0].Id)); !strings.Contains(r.Message, "cannot be set") {
			t.Errorf("setting a variable: %+v", r)
		}
		d.wantEqual("reason", e.Reason, "exception")
		if !strings.Contains(e.Text, "nil pointer") {
			t.Errorf("the text is %q", e.Text)
		}
		d.wantEqual("place", d.where(), "boom:2")
		d.goOn("continue")
	})
	if s.error == nil || s.error.Name != "Panic" {
		t.Errorf("the cell: %s", s.text())
	}
	often := "func share(n int) int {\n\treturn 10 / n\n}\nfor i := range 50_000 {\n\tshare(49_999 - i)\n}"
	d.runs(often, func(dap.StoppedEventBody) {
		d.wantEqual("after many passes", d.where()+" "+d.localsOf(0), "share:2 ")
		d.goOn("continue")
	})
	d.must("setExceptionBreakpoints", `{"filters":[]}`, nil)
	d.runs(code)
}

// TestDebuggerGoroutines: while one goroutine is stopped, so are the others.
func TestDebuggerGoroutines(t *testing.T) {
	d := newDebugClient(t)
	code := `var rounds [3]int
done := make(chan bool)
for n := range rounds {
	go func() {
		for rounds[n] < 2000 {
			rounds[n]++
			time.Sleep(time.Microsecond)
		}
		done <- true
	}()
}
for range rounds {
	<-done
}
fmt.Println(rounds)`
	d.breakAt(code, dap.SourceBreakpoint{Line: 6, Condition: "n == 1 && rounds[n] == 100"})
	s := d.runs(code, func(dap.StoppedEventBody) {
		var body dap.ThreadsResponseBody
		d.must("threads", `{}`, &body)
		if len(body.Threads) != 4 {
			t.Errorf("threads are %+v", body.Threads)
		}
		before := d.evaluate("rounds")
		d.wantEqual("while stopped", d.evaluate("rounds"), before)
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "[2000 2000 2000]")
}
