package live

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-dap"
)

// localsOf are the variables of a call, 0 for the innermost, as text.
func (d *debugClient) localsOf(call int) string {
	d.t.Helper()
	var body dap.ScopesResponseBody
	d.must("scopes", fmt.Sprintf(`{"frameId":%d}`, d.stack()[call].Id), &body)
	var list []string
	for name, v := range d.list(body.Scopes[0].VariablesReference) {
		list = append(list, name+"="+v.Value)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

const layered = `type shape interface{ area(scale int) int }

type square struct{ side int }

func (s square) area(scale int) int {
	doubled := 2 * s.side
	return scale * doubled
}

func total(list []shape) (sum int) {
	for i, s := range list {
		bonus := 10 * i
		sum += s.area(bonus +
			1)
	}
	return sum
}

func deep(n int) int {
	if n == 0 {
		return total([]shape{square{3}, square{4}})
	}
	m := n * n
	return deep(n-1) + m
}

func sorted(list []int) []int {
	limit := len(list)
	slices.SortFunc(list, func(a, b int) int {
		return (a - b) * limit
	})
	return list
}

func late() (n int) {
	word := "kept"
	defer func() {
		n += len(word)
	}()
	n = 1
	return n
}
%%
x := 5
fmt.Println(deep(2) + x)`

// TestDebuggerCallsBelow shows the variables of all calls on the stack.
func TestDebuggerCallsBelow(t *testing.T) {
	d := newDebugClient(t)
	d.breakAt(layered, dap.SourceBreakpoint{Line: 7, Condition: "scale > 1"})
	s := d.runs(layered, func(dap.StoppedEventBody) {
		var names, lines []string
		for _, f := range d.stack() {
			names, lines = append(names, f.Name), append(lines, fmt.Sprint(f.Line))
		}
		d.wantEqual("stack", strings.Join(names, " "), "square.area total deep deep deep main")
		d.wantEqual("lines", strings.Join(lines, " "), "7 13 21 24 24 45")
		for call, want := range []string{"doubled=8 s={side:4} scale=11", "", "n=0", "m=1 n=1", "m=4 n=2", ""} {
			got := d.localsOf(call)
			if call == 1 { // the list shows its elements in some form
				if !strings.HasPrefix(got, "bonus=10 i=1 list=") || !strings.HasSuffix(got, "s={side:4} sum=6") {
					t.Errorf("locals of call 1: %s", got)
				}
				continue
			}
			d.wantEqual(fmt.Sprint("locals of call ", call), got, want)
		}
		below := func(expression string, call int) string {
			raw, _ := json.Marshal(dap.EvaluateArguments{Expression: expression, FrameId: d.stack()[call].Id})
			reply := d.debug("evaluate", string(raw))
			if !reply.Success {
				return reply.Message
			}
			var body dap.EvaluateResponseBody
			_ = json.Unmarshal([]byte(reply.Body.(string)), &body)
			return body.Result
		}
		d.wantEqual("an expression", below("m*100 + n", 4), "402")
		for _, text := range []string{below("m = 7", 4), below("n++", 3), d.debug("setVariable", fmt.Sprintf(
			`{"variablesReference":%d,"name":"m","value":"7"}`, localsReference+d.stack()[4].Id)).Message} {
			if !strings.Contains(text, "cannot be set: its call waits") {
				t.Errorf("setting a variable below: %s", text)
			}
		}
		d.goOn("stepOut")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("after stepOut", d.where()+" "+d.localsOf(2), "total:16 m=1 n=1")
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "104")
	busy := "func call(f func(int) int, n int) (sum int) {\n\tfor i := range n {\n\t\tsum += f(i)\n\t}\n\treturn sum\n}\n%%\n" +
		"n := 0\nfor range 10 {\n\tn += call(func(i int) int { return i & 1 }, 100_000)\n}\n" +
		"call(func(i int) int {\n\treturn i / n\n}, 1)"
	d.breakAt(busy, line(13))
	d.runs(busy, func(dap.StoppedEventBody) {
		d.wantEqual("of a statement that was passed a million times", d.where()+d.localsOf(1), "main.func2:13")
		d.goOn("continue")
	})
	d.breakAt(layered, line(30))
	d.runs("sorted([]int{2, 1})", func(dap.StoppedEventBody) {
		d.wantEqual("of who calls the package that calls the literal", d.localsOf(1), "limit=2 list=2 [2 1]")
		d.goOn("continue")
	})
	d.breakAt(layered, line(38))
	d.runs("late()", func(dap.StoppedEventBody) {
		d.wantEqual("of who returns", d.localsOf(1), `n=1 word="kept"`)
		d.goOn("continue")
	})
}

// TestDebuggerCallsBelowPackages: the calls are a cell's and a package's.
func TestDebuggerCallsBelowPackages(t *testing.T) {
	d, module := newModuleClient(t, bankModule)
	d.attach()
	d.breakIn(filepath.Join(module, "bank", "bank.go"), line(lineOf(bankFile, "book = append")))
	code := "import \"example.com/money/bank\"\n\nfunc pay(n int) int {\n\ta := &bank.Account{Owner: \"Ada\"}\n" +
		"\treturn a.Add(n)\n}\n%%\nfor i := range 2 {\n\tn := i + 5\n\tpay(n)\n}"
	if s := d.runs(code, func(dap.StoppedEventBody) {
		d.wantEqual("in the package", d.localsOf(1), `a=&{Owner:"Ada" balance:5} n=5 old=0`)
		d.wantEqual("in the cell's function", d.localsOf(2), `a=&{Owner:"Ada" balance:0} n=5`) // before the call
		d.wantEqual("in the cell", d.localsOf(3), "i=0 n=5")
		d.goOn("continue")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("in the cell", d.localsOf(3), "i=1 n=6")
		d.goOn("continue")
	}); s.error != nil {
		t.Errorf("the cell: %s", s.text())
	}
}
