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
		if !bytes.Contains(with.Source, fmt.Appendf(nil, "gocell_host.Stop(1, %d", i)) {
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
