package live

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-dap"
)

// TestDebuggerBadRequests: each has an answer, and the kernel stays.
func TestDebuggerBadRequests(t *testing.T) {
	d := &debugClient{client: newClient(t)}
	refused := func(command, arguments, want string) {
		d.t.Helper()
		if reply := d.debug(command, arguments); reply.Success || !strings.Contains(reply.Message, want) {
			d.t.Errorf("%s %s: %+v, want %q", command, arguments, reply, want)
		}
	}
	refused("", `{}`, "wants a command")
	refused("unheard", `{}`, "no request unheard")
	refused("variables", `{"variablesReference":99}`, "no value with the reference 99")
	refused("variables", `{"variablesReference":"x"}`, "arguments")
	refused("inspectVariables", `[]`, "arguments")
	refused("richInspectVariables", `{}`, "wants a variableName")
	refused("richInspectVariables", `{"variableName":"unheard","frameId":3}`, "no variable unheard")
	refused("stepIn", `{"threadId":1}`, "no debugger is attached")
	refused("evaluate", `{"expression":"1"}`, "no debugger is attached")
	d.must("attach", `{}`, nil)
	refused("stepIn", `{"threadId":1}`, "nothing is stopped")
	refused("continue", `{"threadId":77}`, "nothing is stopped")
	refused("stackTrace", `{"threadId":"x"}`, "arguments")
	refused("scopes", `{"frameId":3}`, "nothing is stopped")
	refused("variables", `{"variablesReference":1073741830}`, "nothing is stopped")
	refused("variables", `{"variablesReference":16777300}`, "the code has gone on")
	refused("evaluate", `{"expression":" "}`, "wants an expression")
	refused("evaluate", `{"expression":"1", "frameId":5}`, "nothing is stopped")
	refused("setExceptionBreakpoints", `{"filters":["raised"]}`, `"panic"`)
	refused("source", `{"source":{"path":"gone"}}`, "source unavailable")
	refused("copyToGlobals", `{"srcVariableName":"a b","dstVariableName":"c","srcFrameId":1}`, "no name of a variable")
	for path, want := range map[string]string{"gone": "knows no such cell", "/src/file.go": "no module of the user's"} {
		var body dap.SetBreakpointsResponseBody
		d.must("setBreakpoints", `{"source":{"path":"`+path+`"},"breakpoints":[{"line":1}]}`, &body)
		if b := body.Breakpoints[0]; b.Verified || !strings.Contains(b.Message, want) {
			t.Errorf("a breakpoint in %s: %+v", path, b)
		}
	}
	for _, code := range []string{"func (", "%%bash\nls", ""} {
		if b := d.breakAt(code, line(1))[0]; b.Verified || b.Message == "" {
			t.Errorf("a breakpoint in %q: %+v", code, b)
		}
	}
	d.check("1 + 1", "=> 2")
}

const counting = "total := 0\nfor i := range 3 {\n\ttotal += i\n}\nfmt.Println(total)"

// TestDebuggerEvaluatesBadly: expressions that do not compile, panic, or never
// end have answers, and the cell goes on.
func TestDebuggerEvaluatesBadly(t *testing.T) {
	d := newDebugClient(t)
	d.breakAt(counting, dap.SourceBreakpoint{Line: 3, Condition: "i == 1"})
	s := d.runs(counting, func(dap.StoppedEventBody) {
		for expression, want := range map[string]string{
			"i +":                         "expected",
			"unheard(i)":                  "undefined: unheard",
			"i + \"a\"":                   "mismatched types",
			"[]int{}[i]":                  "panic: runtime error: index out of range",
			"panic(\"on purpose\")":       "panic: on purpose",
			"func() int { for {} }()":     "had not ended within",
			"os.Exit(3)":                  "called os.Exit(3)",
			"<-make(chan int)":            "cannot be stopped",
			"import \"fmt\"":              "expected",
			"} ; func evil() {":           "unexpected",
			"func() { runtime.Goexit() }": "",
		} {
			got := d.evaluate(expression)
			if want != "" && (!strings.HasPrefix(got, "error: ") || !strings.Contains(got, want)) {
				t.Errorf("%s: %q, want %q", expression, got, want)
			}
		}
		d.wantEqual("then", d.evaluate("total + 10*i"), "10")
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "3")
	d.check("1 + 1", "=> 2")
}

// TestDebuggerInterrupt ends a cell that is stopped, and another can run.
func TestDebuggerInterrupt(t *testing.T) {
	d := newDebugClient(t)
	d.breakAt(counting, line(3))
	s := d.runs(counting, func(dap.StoppedEventBody) {
		if err := d.kernel.Interrupt(d.t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if s.error == nil || s.error.Name != "Interrupted" {
		t.Errorf("the cell: %s", s.text())
	}
	if got := strings.Join(d.events, " "); !strings.Contains(got, "continued") {
		t.Errorf("events are %q", got)
	}
	d.check("1 + 1", "=> 2")
}

// TestDebuggerDisconnects: what is stopped goes on when the debugger is gone.
func TestDebuggerDisconnects(t *testing.T) {
	d := newDebugClient(t)
	d.breakAt(counting, line(3))
	s := d.runs(counting, func(dap.StoppedEventBody) { d.must("disconnect", `{"restart":false}`, nil) })
	d.wantEqual("result", s.text(), "3")
	d.wantEqual("again, without hooks", d.runs(counting).text(), "3")
	d.must("attach", `{}`, nil)
	d.wantEqual("attached again, the breakpoints are gone", d.runs(counting).text(), "3")
	d.breakAt(counting, line(5))
	s = d.runs(counting, func(dap.StoppedEventBody) {
		d.must("terminate", `{}`, nil)
	})
	if s.error == nil || s.error.Name != "Interrupted" {
		t.Errorf("terminated: %s", s.text())
	}
	d.check("1 + 1", "=> 2")
}

// TestDebuggerChangedCell: a breakpoint belongs to the text that it was set in,
// and to functions of that text that later cells call.
func TestDebuggerChangedCell(t *testing.T) {
	d := newDebugClient(t)
	d.must("disconnect", `{}`, nil)
	function := "func twice(n int) int {\n\treturn 2 * n\n}"
	d.check(function, "") // before the debugger was attached
	d.must("attach", `{}`, nil)
	d.breakAt(function, line(2))
	s := d.runs("fmt.Println(twice(4))", func(dap.StoppedEventBody) {
		d.wantEqual("place", d.where(), "twice:2")
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "8")
	s = d.runs("func twice(n int) int {\n\treturn n + n\n}\nfmt.Println(twice(4))")
	d.wantEqual("the changed one", s.text(), "8")
}

// TestDebuggerShutDown ends a kernel whose cell is stopped.
func TestDebuggerShutDown(t *testing.T) {
	d := newDebugClient(t)
	d.breakAt(counting, line(3))
	id := d.send(counting)
	for e := range d.kernel.Events() {
		if e.ParentID() == id && e.Type() == "debug_event" {
			break
		}
	}
	if err := d.kernel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestDebuggerFixedVariables: some variables cannot be set, and the answer says
// why.
func TestDebuggerFixedVariables(t *testing.T) {
	d := newDebugClient(t)
	code := `func f(limit, more int) (n int) {
	for i := range limit {
		n += i
	}
	g := func() int {
		return more + n
	}
	return g()
}
%%
fmt.Println(f(3, 5))`
	set := func(name, value, want string) {
		d.t.Helper()
		reply := d.debug("setVariable", fmt.Sprintf(`{"variablesReference":%d,"name":%q,"value":%q}`, d.scope("Locals"),
			name, value))
		if reply.Success != (want == "") || !strings.Contains(reply.Message, want) {
			d.t.Errorf("%s = %s: %+v, want %q", name, value, reply, want)
		}
	}
	d.breakAt(code, dap.SourceBreakpoint{Line: 3, Condition: "i == 2"}, line(6))
	s := d.runs(code, func(dap.StoppedEventBody) {
		set("limit", "9", "set it before the loop")
		set("n", "100", "")
		set("n", "\"a\"", "cannot use")
		set("unheard", "1", "no variable")
		d.goOn("continue")
	}, func(dap.StoppedEventBody) {
		set("more", "1000", "a function literal has a copy")
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "107")
}
