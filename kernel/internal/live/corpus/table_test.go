package corpus

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestList(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.go": "// run\n\npackage main\n", "a/c.go": "// run\n", "fixedbugs/d.go": "// run\n",
		"args.go": "// run -race\n", "compile.go": "// compile\n", "run.txt": "// run\n", "crlf.go": "// run\r\n",
		"c.go": "// run\n\npackage main\n\nimport \"C\"\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for fixedbugs, want := range map[bool]string{false: "a/c.go b.go", true: "a/c.go b.go fixedbugs/d.go"} {
		if list, err := List(dir, fixedbugs); err != nil || strings.Join(list, " ") != want {
			t.Errorf("list %q, %v; want %s", list, err, want)
		}
	}
	if _, err := List(filepath.Join(dir, "nowhere"), false); err == nil {
		t.Error("a folder that does not exist is listed")
	}
}

func TestDifference(t *testing.T) {
	failed := Outcome{Failure: "exit status 2"}
	for _, test := range []struct {
		want, got  Outcome
		difference string
	}{
		{Outcome{}, Outcome{}, ""},
		{Outcome{Stdout: "a\nb\n"}, Outcome{Stdout: "a\nb\n"}, ""},
		{Outcome{Stdout: "a\nb\n"}, Outcome{Stdout: "a\nc\n"}, `stdout: line 2 is "c\n", not "b\n"`},
		{Outcome{Stdout: "a\n"}, Outcome{Stdout: "a"}, `stdout: line 1 is "a", not "a\n"`},
		{Outcome{Stdout: "a\n"}, Outcome{Stdout: "a\n\n"}, `stdout: line 2 is "\n", not ""`},
		{Outcome{Stderr: "a\n"}, Outcome{}, `stderr: line 1 is "", not "a\n"`},
		{failed, Outcome{}, "succeeds, the program does not: exit status 2"},
		{Outcome{}, failed, "exit status 2"},
		{failed, Outcome{Failure: "cell 1 of 1: Panic: x"}, ""},
	} {
		if d := test.want.Difference(test.got); d != test.difference {
			t.Errorf("%+v and %+v: %q, want %q", test.want, test.got, d, test.difference)
		}
	}
}

func TestCompiled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: builds programs")
	}
	dir := t.TempDir()
	for body, want := range map[string]Outcome{
		`os.Stdout.WriteString("out"); println("err")`: {Stdout: "out", Stderr: "err\n"},
		"os.Exit(3)":                         {Failure: "exit status 3"},
		"_ = os.Args; time.Sleep(time.Hour)": {Failure: "takes longer than 2s"},
	} {
		file := filepath.Join(dir, "p.go")
		text := "package main\nimport (\"os\"; \"time\")\nvar _ time.Time\nfunc main() {" + body + "}\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := Compiled(t.Context(), file, dir, 2*time.Second); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", body, got, err, want)
		}
	}
	got, err := Compiled(t.Context(), filepath.Join(dir, "none.go"), dir, time.Second)
	if err != nil || !strings.HasPrefix(got.Failure, "go build") {
		t.Errorf("a file that is not there: %+v, %v", got, err)
	}
}

func TestJudge(t *testing.T) {
	known, err := ReadKnown(strings.NewReader("# a comment\n\nwhole b.go prints addresses\nhalves a.go prints times\n"))
	if err != nil {
		t.Fatal(err)
	}
	v := Judge([]Result{
		{Program: "a.go", Differences: map[Form]string{Whole: "", Halves: "", Pieces: "panic"}},
		{Program: "b.go", Differences: map[Form]string{Whole: "stdout: line 1", Halves: "", Pieces: ""}},
		{Program: "c.go", Left: "exit status 1"},
	}, known)
	want := `form     programs    equal    known
whole           2        1        1
halves          2        2        0
pieces          2        1        0
left out: 1 of 3 programs
left out  c.go: exit status 1
whole     b.go: stdout: line 1 (known: prints addresses)
pieces    a.go: panic
`
	if v.Table != want {
		t.Errorf("table\n%s\nwant\n%s", v.Table, want)
	}
	if !slices.Equal(v.Wrong, []string{"pieces    a.go: panic"}) {
		t.Errorf("wrong: %q", v.Wrong)
	}
	if !slices.Equal(v.Stale, []string{"halves a.go is equal now, though a difference is known: prints times"}) {
		t.Errorf("stale: %q", v.Stale)
	}
	for _, wrong := range []string{"whole a.go", "whole", "thirds a.go why"} {
		if _, err := ReadKnown(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}
