package session_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/session"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

const debugged = `func area(w, h int) (a int) {
	const unit = 1
	a = w * h

	for i := range 3 {
		a += i * unit
	}
	return // the result
}

var side = 4

%%
{
	x := side
	fmt.Println(area(x, x))
}`

// TestStops lists the lines at which a cell can stop.
func TestStops(t *testing.T) {
	for _, test := range []struct{ code, want string }{
		{debugged, "[3 5 6 8 11 15 16]"},
		{"", "[]"},
		{"// nothing\n\nimport \"fmt\"", "[]"},
		{"if x := 1; x > 0 {\n\tprint(x)\n} else {\n\tprint(-x)\n}", "[1 2 4]"},
		{"switch 1 {\ncase 1:\n\tprint(1)\n}\nselect {\ndefault:\n\tprint(2)\n}", "[1 3 5 7]"},
		{"go func() {\n\tprint(1)\n}()", "[1 2]"},
		{"//go:nosplit\nfunc f() {\n\tprint(1)\n}", "[]"},
		{"func f() {\n\tvar (\n\t\ta = 1\n\t\tb = a\n\t)\n\tprint(b)\n}", "[2 6]"},
		{"%%bash\nls", "the cell is no Go code"},
		{"x := (", "the cell is no Go code yet"},
	} {
		lines, err := session.Stops(test.code)
		got := fmt.Sprint(lines)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%q can stop at %s, want %s", test.code, got, test.want)
		}
	}
}

// TestHooks puts hooks into a program while a debugger is attached, at the lines
// that Stops lists, and none otherwise.
func TestHooks(t *testing.T) {
	s := session.New(testTools(t))
	prepare := func() *session.Program {
		t.Helper()
		p, err := s.Prepare(1, gocell.Parse(debugged).Sort(), debugged)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := prepare()
	s.Debug(true)
	with := prepare()
	s.Debug(false)
	after := prepare()
	if !bytes.Equal(before.Source, after.Source) || len(after.Sites) > 0 || bytes.Contains(before.Source, []byte("Stop(")) {
		t.Errorf("without a debugger the program has become\n%s", after.Source)
	}
	if with.Sum() == before.Sum() {
		t.Error("a program with hooks counts as the one without")
	}
	lines, err := session.Stops(debugged)
	if err != nil {
		t.Fatal(err)
	}
	at := map[int]string{}
	for i, site := range with.Sites {
		var names []string
		for _, v := range site.Locals {
			if v.Fixed != "" {
				names = append(names, v.Name+" is fixed")
			} else {
				names = append(names, v.Name)
			}
		}
		at[site.Line] = fmt.Sprintf("%s(%s)", site.Function, strings.Join(names, ", "))
		if !bytes.Contains(with.Source, fmt.Appendf(nil, "(1, %d", i)) {
			t.Errorf("site %d has no hook", i)
		}
	}
	if len(at) != len(lines) {
		t.Errorf("hooks are at %v, want lines %v", at, lines)
	}
	for line, want := range map[int]string{3: "area(a, h, w)", 6: "area(i, a, h is fixed, w is fixed)", 16: "main(x)"} {
		if at[line] != want {
			t.Errorf("the hook in line %d has %s, want %s", line, at[line], want)
		}
	}
}

const calling = `type shape interface{ area() int }
type square struct{ side int }
func (s *square) area() int { return s.side }
func each(list []int, f func(int)) {
	for _, x := range list {
		f(x)
	}
}
func same[T any](x T) T { return x }
func ready() bool { return true }
func end() {}
%%
{
	var s shape = &square{1}
	q := &square{same(2)}
	print(s.area())
	print(q.area())
	each([]int{1}, func(i int) { print(i) })
	for same[bool](ready()) {
		break
	}
	fmt.Sprint(3)
	fmt.Sprint(s)
	strings.Repeat("a", 2)
	go end()
	if x := 1; x > 0 {
		end()
	}
	func() {
		defer end()
		return
	}()
}`

// TestCalls lists what statements call.
func TestCalls(t *testing.T) {
	s := session.New(testTools(t))
	s.Debug(true)
	p, err := s.Prepare(1, gocell.Parse(calling).Sort(), calling)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]string{}
	for _, site := range p.Sites {
		if text := strings.Join(site.Calls, " "); text != "" {
			got[site.Line] = text
		}
		if plain := site.Node == "main.ready" || site.Node == "main.end"; site.Dynamic == plain && plain {
			t.Errorf("%s may be called as a value", site.Node)
		}
	}
	want := map[int]string{6: "*", 15: "main.same", 16: "*", 17: "(*main.square).area", 18: "main.each",
		19: "main.same main.ready", 22: "fmt.Sprint", 23: "fmt.Sprint *", 24: "strings.Repeat", 27: "main.end", 29: "*",
		31: "*"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("calls are %v, want %v", got, want)
	}
}
