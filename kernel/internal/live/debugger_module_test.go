package live

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-dap"
)

const bankFile = `// Package bank has accounts.
package bank

import "fmt"

// Account holds money.
type Account struct {
	Owner   string
	balance int
}

type entry struct{ n int }

var book []entry

// Add adds money.
func (a *Account) Add(n int) (old int) {
	old = a.balance
	a.balance += n
	note(entry{n})
	return old
}

func note(e entry) {
	book = append(book, e)
}

// Tell says what there is.
func (a *Account) Tell() string { return fmt.Sprint(a.Owner, " has ", a.balance) }

// Map calls f.
func Map[T, U any](list []T, f func(T) U) (out []U) {
	for _, x := range list {
		y := f(x)
		out = append(out, y)
	}
	return out
}

// Sum adds up.
func Sum(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

// Spawn counts elsewhere.
func Spawn(n int) int {
	c := make(chan int)
	go func() {
		r := n * 2
		c <- r
	}()
	return <-c
}
`

// bankModule is a module with a package of the user's, and one that uses it.
var bankModule = map[string]string{
	"go.mod":         "module example.com/money\n\ngo 1.24\n",
	"bank/bank.go":   bankFile,
	"bank/b_test.go": "package bank\n\nfunc f() {\n\t_ = 1\n}\n",
	"total/t.go": "package total\n\nimport \"example.com/money/bank\"\n\n// Of adds up.\nfunc Of(list []int) int {\n" +
		"\treturn bank.Sum(bank.Map(list, func(i int) int { return i + 1 }))\n}\n",
	"c/c.go":        "package c\n\n// static int one() { return 1; }\nimport \"C\"\n\nfunc F() int {\n\treturn int(C.one())\n}\n",
	"made/m.go":     "package made\n\n//line grammar.y:10\nfunc F() int {\n\treturn 1\n}\n",
	"empty/e.go":    "package empty\n\nvar X = 1\n",
	"broken/b.go":   "package broken\n\nfunc (\n",
	"vendor/x/x.go": "package x\n\nfunc F() {\n\tF()\n}\n",
}

// newModuleClient is a front end to a kernel in a module.
func newModuleClient(t *testing.T, files map[string]string) (d *debugClient, module string) {
	t.Helper()
	module = t.TempDir()
	for name, text := range files {
		path := filepath.Join(module, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(50 * time.Millisecond) // older than the kernel's look at them
	return &debugClient{client: newClientIn(t, module)}, module
}

func (d *debugClient) attach() {
	d.t.Helper()
	for _, command := range []string{"initialize", "attach", "configurationDone"} {
		d.must(command, `{}`, nil)
	}
}

// breakIn sets breakpoints in a file and returns what became of them.
func (d *debugClient) breakIn(path string, list ...dap.SourceBreakpoint) []dap.Breakpoint {
	d.t.Helper()
	raw, err := json.Marshal(dap.SetBreakpointsArguments{Source: dap.Source{Path: path}, Breakpoints: list})
	if err != nil {
		d.t.Fatal(err)
	}
	var body dap.SetBreakpointsResponseBody
	d.must("setBreakpoints", string(raw), &body)
	return body.Breakpoints
}

// lineOf is the line of a file's text in which a piece of it begins.
func lineOf(text, piece string) int {
	before, _, _ := strings.Cut(text, piece)
	return strings.Count(before, "\n") + 1
}

// TestDebuggerPackages stops in functions of a package that ran before without
// hooks, steps through them, looks, and changes values.
func TestDebuggerPackages(t *testing.T) {
	d, module := newModuleClient(t, bankModule)
	file := filepath.Join(module, "bank", "bank.go")
	d.check("import (\n\t\"example.com/money/bank\"\n\t\"example.com/money/total\"\n)\n%%\n"+
		"a := &bank.Account{Owner: \"Ada\"}\na.Add(5)\nvar adder interface{ Add(int) int } = a\n"+
		"fmt.Println(bank.Map([]int{1}, func(i int) int { return i }), total.Of([]int{1}), a.Tell())", "[1] 2 Ada has 5")
	d.attach()
	var modules dap.ModulesResponseBody
	d.must("modules", `{}`, &modules)
	if !slices.ContainsFunc(modules.Modules, func(m dap.Module) bool {
		return m.Name == "example.com/money/bank/bank.go" && m.Path == file
	}) {
		t.Errorf("modules are %+v", modules.Modules)
	}
	at := lineOf(bankFile, "a.balance += n")
	set := d.breakIn(file, line(at))
	if len(set) != 1 || !set[0].Verified || set[0].Line != at || set[0].Source.Path != file {
		t.Fatalf("breakpoints are %+v", set)
	}
	code := "fmt.Println(a.Add(7), a.Tell())"
	s := d.runs(code, func(e dap.StoppedEventBody) {
		d.wantEqual("reason", e.Reason, "breakpoint")
		frames := d.stack()
		d.wantEqual("frames", len(frames), 2)
		d.wantEqual("place", fmt.Sprint(frames[0].Name, " ", frames[0].Source.Path, " ", frames[0].Line),
			fmt.Sprint("example.com/money/bank.(*Account).Add ", file, " ", at))
		d.wantEqual("below", fmt.Sprint(frames[1].Name, frames[1].Line), "main1")
		var source dap.SourceResponseBody
		raw, _ := json.Marshal(dap.SourceArguments{Source: frames[0].Source})
		d.must("source", string(raw), &source)
		d.wantEqual("source", source.Content, bankFile)
		locals := d.list(d.scope("Locals"))
		d.wantEqual("locals", locals["old"].Value+" "+locals["n"].Value+" "+locals["a"].Value, "5 7 &{Owner:\"Ada\" balance:5}")
		d.wantEqual("evaluated", d.evaluate(`old*10 + n + len(a.Owner)`), "60")
		d.wantEqual("a method", d.evaluate(`a.Tell()`), `"Ada has 5"`)
		d.goOn("next")
	}, func(e dap.StoppedEventBody) {
		d.wantEqual("after next", d.stack()[0].Line, at+1)
		d.wantEqual("a", d.evaluate("a.Tell()"), `"Ada has 12"`)
		d.goOn("stepIn")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("after stepIn", d.where(), fmt.Sprint("example.com/money/bank.note:", lineOf(bankFile, "book = append")))
		d.wantEqual("e", d.list(d.scope("Locals"))["e"].Value, "{n:7}")
		d.goOn("stepOut")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("after stepOut", d.stack()[0].Line, at+2)
		d.must("setVariable", fmt.Sprintf(`{"variablesReference":%d,"name":"old","value":"1000"}`, d.scope("Locals")), nil)
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "1000 Ada has 12")

	goOn := func(dap.StoppedEventBody) { d.goOn("continue") }
	d.wantEqual("in an interface from before", d.runs("adder.Add(1)", goOn).text(), "=> 12")
	d.breakIn(file, dap.SourceBreakpoint{Line: at, Condition: "n > 100"},
		dap.SourceBreakpoint{Line: at + 1, LogMessage: "{a.Owner} got {n}"})
	s = d.runs("for _, n := range []int{1, 200, 2} { a.Add(n) }", func(dap.StoppedEventBody) {
		d.wantEqual("n", d.evaluate("n"), "200")
		d.goOn("continue")
	})
	d.wantEqual("messages", s.text(), "Ada got 1\nAda got 200\nAda got 2")

	// A generic function has code in every cell that uses it, and in packages.
	d.breakIn(file, line(lineOf(bankFile, "out = append(out, y)")))
	s = d.runs("bank.Map([]int{4}, func(i int) int { return -i })", func(dap.StoppedEventBody) {
		d.wantEqual("y", d.list(d.scope("Locals"))["y"].Value, "-4")
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "=> [-4]")
	d.wantEqual("by another package", d.runs("total.Of([]int{6})", goOn).text(), "=> 7")

	// A goroutine of the package's own.
	d.breakIn(file, line(lineOf(bankFile, "c <- r")))
	s = d.runs("bank.Spawn(21)", func(e dap.StoppedEventBody) {
		d.wantEqual("r", d.evaluate("r"), "42")
		var body dap.ThreadsResponseBody
		d.must("threads", `{}`, &body)
		if body.Threads[0].Id != e.ThreadId || !strings.Contains(body.Threads[0].Name, "bank.Spawn") {
			t.Errorf("threads are %+v", body.Threads)
		}
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "=> 42")

	// A step from a cell into the package.
	code = "x := 1\nx += bank.Sum([]int{x})\nfmt.Println(x)"
	d.breakAt(code, line(2))
	s = d.runs(code, func(dap.StoppedEventBody) { d.goOn("stepIn") }, func(dap.StoppedEventBody) {
		d.wantEqual("after stepIn", d.where(), fmt.Sprint("example.com/money/bank.Sum:", lineOf(bankFile, "for _, x := range list {\n\t\tn")))
		d.goOn("stepOut")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("after stepOut", d.where(), "main:3")
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "2")
	d.breakAt(code)

	// With the debugger gone nothing stops, and values stay.
	d.must("disconnect", `{}`, nil)
	d.wantEqual("afterwards", d.runs("fmt.Println(bank.Spawn(1), bank.Map([]int{4}, func(i int) int { return i }), a.Tell())").text(),
		"2 [4] Ada has 216")
}

// TestDebuggerEditedPackage: breakpoints can be set before the package is
// imported, and stay in the file when it is edited.
func TestDebuggerEditedPackage(t *testing.T) {
	d, module := newModuleClient(t, bankModule)
	file := filepath.Join(module, "bank", "bank.go")
	d.attach()
	set := d.breakIn(file, line(lineOf(bankFile, "return n\n")))
	if !set[0].Verified || !strings.Contains(set[0].Message, "not imported yet") {
		t.Errorf("breakpoints are %+v", set)
	}
	stop := func(want string) func(dap.StoppedEventBody) {
		return func(dap.StoppedEventBody) {
			d.t.Helper()
			d.wantEqual("place and n", d.where()+" "+d.evaluate("n"), "example.com/money/bank.Sum:"+want)
			d.goOn("continue")
		}
	}
	at := lineOf(bankFile, "return n\n")
	s := d.runs("import \"example.com/money/bank\"\n%%\na := &bank.Account{Owner: \"Ada\"}\na.Add(3)\nbank.Sum([]int{1, 2})",
		stop(fmt.Sprint(at, " 3")))
	d.wantEqual("result", s.text(), "=> 3")
	edited := strings.Replace(bankFile, "n += x\n", "n += x\n\t\tn += 0\n", 1)
	edited = strings.Replace(edited, "\" has \"", "\" owns \"", 1)
	if err := os.WriteFile(file, []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	// The line of the breakpoint has become the end of the loop.
	s = d.runs("fmt.Println(bank.Sum([]int{4, 5}), a.Tell())", stop(fmt.Sprint(at+1, " 9")))
	if got := s.text(); !strings.HasPrefix(got, "9 Ada owns 3\n") || !strings.Contains(got, "values stay") {
		t.Errorf("after an edit: %s", got)
	}
	s = d.runs("%reload\n%%\nfmt.Println(bank.Sum([]int{6}))", stop(fmt.Sprint(at+1, " 6")))
	if got := s.text(); !strings.HasPrefix(got, "6") {
		t.Errorf("in a new process: %s", got)
	}
	d.breakIn(file)
	d.wantEqual("without breakpoints", d.runs("bank.Sum([]int{7})").text(), "=> 7")
}

// TestDebuggerFilesWithout: files that cannot have breakpoints say why.
func TestDebuggerFilesWithout(t *testing.T) {
	d, module := newModuleClient(t, bankModule)
	d.attach()
	for name, want := range map[string]string{"bank/b_test.go": "files of tests", "c/c.go": "C code",
		"made/m.go": "generated", "empty/e.go": "no statement in line", "broken/b.go": "no Go code yet",
		"gone/gone.go": "no such file", "vendor/x/x.go": "no module of the user's", "../other/x.go": "no module of the user's",
		"bank/bank.go": ""} {
		b := d.breakIn(filepath.Join(module, filepath.FromSlash(name)), line(4))[0]
		if b.Verified != (want == "") || want != "" && !strings.Contains(b.Message, want) {
			t.Errorf("a breakpoint in %s: %+v, want %q", name, b, want)
		}
	}
	for name, want := range map[string]string{"../secret.go": "no file of a package", "go.mod": "no cell is known"} {
		raw, _ := json.Marshal(dap.SourceArguments{Source: &dap.Source{Path: filepath.Join(module, name)}})
		if reply := d.debug("source", string(raw)); reply.Success || !strings.Contains(reply.Message, want) {
			t.Errorf("source of %s: %+v", name, reply)
		}
	}
	d.check("import \"example.com/money/c\"\n%%\nc.F()", "=> 1")
}

// TestDebuggerBelowC: a package on which one with C code depends goes on without
// hooks, and the next answer says so.
func TestDebuggerBelowC(t *testing.T) {
	d, module := newModuleClient(t, map[string]string{"go.mod": bankModule["go.mod"],
		"low/l.go": "package low\n\nfunc One() int {\n\treturn 1\n}\n",
		"c/c.go": "package c\n\n// static int one() { return 1; }\nimport \"C\"\n\nimport \"example.com/money/low\"\n\n" +
			"func F() int { return int(C.one()) + low.One() }\n"})
	d.check("import \"example.com/money/c\"\n%%\nkept := c.F()\nkept", "=> 2")
	d.attach()
	file := filepath.Join(module, "low", "l.go")
	if b := d.breakIn(file, line(4))[0]; !b.Verified {
		t.Errorf("at first: %+v", b)
	}
	if got := d.runs("c.F() + kept").text(); !strings.Contains(got, "take no breakpoints: example.com/money/c has other code") ||
		!strings.HasSuffix(got, "=> 4") {
		t.Errorf("the cell: %s", got)
	}
	if b := d.breakIn(file, line(4))[0]; b.Verified || !strings.Contains(b.Message, "take no breakpoints") {
		t.Errorf("then: %+v", b)
	}
	d.wantEqual("and on", d.runs("c.F() + kept").text(), "=> 4")
}

// TestDebuggerInterruptInPackage ends a cell that is stopped in a package.
func TestDebuggerInterruptInPackage(t *testing.T) {
	d, module := newModuleClient(t, bankModule)
	d.attach()
	d.breakIn(filepath.Join(module, "bank", "bank.go"), line(lineOf(bankFile, "n += x")))
	s := d.runs("import \"example.com/money/bank\"\n%%\nbank.Sum([]int{1})", func(dap.StoppedEventBody) {
		if err := d.kernel.Interrupt(d.t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if s.error == nil || s.error.Name != "Interrupted" {
		t.Errorf("the cell: %s", s.text())
	}
	s = d.runs("bank.Sum([]int{2})", func(dap.StoppedEventBody) { d.must("disconnect", `{}`, nil) })
	d.wantEqual("disconnected while stopped", s.text(), "=> 2")
}
