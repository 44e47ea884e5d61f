package execute

import "testing"

// The texts are GoNB 0.11.5's, for cells run without and with -raw_error.
func TestClassifyGoNB(t *testing.T) {
	for _, c := range []struct{ evalue, stderr, want string }{
		{`failed to run "/usr/local/go/bin/go build -o /tmp/gonb_fb5924ed/gonb_fb5924ed": exit status 1`, "", ClassCompile},
		{"# gonb_76873163\n./main.go:4:2: declared and not used: x\n", "", ClassCompile},
		{`failed to run "/usr/local/go/bin/go get": exit status 1`, "", ClassGoGet},
		{`parsing go files in TempDir "/tmp/gonb_1": /tmp/gonb_1/main.go:3:6: expected 'IDENT', found '{'`, "", ClassParse},
		{"/tmp/gonb_76873163/main.go:3:6: expected 'IDENT', found '{'", "", ClassParse},
		{"exit status 2", "panic: 1\n\ngoroutine 1 [running]:\n", ClassPanic},
		{"exit status 2", "usage: x", "ExitError(2)"},
		{"exit status 3", "", "ExitError(3)"},
		{"signal: interrupt", "", ClassInterrupted},
		{"signal: killed", "", "ExitError(killed)"},
	} {
		if got := classifyGoNB(c.evalue, c.stderr); got != c.want {
			t.Errorf("%q: %s, want %s", c.evalue, got, c.want)
		}
	}
}

// The texts are GoNB 0.11.5's with -raw_error.
func TestSummaryGoNB(t *testing.T) {
	for _, c := range []struct {
		failure Failure
		stderr  string
		want    string
	}{
		{Failure{Class: ClassCompile, Value: "# gonb_1\n", Traceback: []string{"# gonb_1",
			"Cell[2]: Line 3\nfunc main() {\n\tflag.Parse()\nfmt.Println(a)\nvar x int = \"s\"\n    ^\n\n}\n\ndeclared and " +
				"not used: x",
			"Cell[2]: Line 3\nvar x int = \"s\"\n            ^\n\n}\n\ncannot use \"s\"", ""}}, "",
			"CompileError: line 3: declared and not used: x (and 1 more)"},
		{Failure{Class: ClassParse, Value: "x", Traceback: []string{"Cell[1]: Line 1\npackage main\n\nfunc f() {\n        " +
			"   ^\n\n\nexpected '}', found 'EOF'"}}, "",
			"ParseError: cell [1], line 1: expected '}', found 'EOF'"},
		{Failure{Class: ClassPanic, Value: "exit status 2", Traceback: []string{"exit status 2"}},
			"panic: runtime error: index out of range [1] with length 0\n\ngoroutine 1 [running]:\nmain.main()\n\t \x1b[7m[[ " +
				"Cell [2] Line 3 ]]\x1b[0m /tmp/x/main.go:14 +0x52\nexit status 2\n",
			"Panic: line 3: runtime error: index out of range [1] with length 0"},
		{Failure{Class: "ExitError(3)", Value: "exit status 3", Traceback: []string{"exit status 3"}}, "exit status 3\n",
			"ExitError(3): exit status 3"},
	} {
		c.failure.Summary = summaryGoNB(&c.failure, c.stderr, 2)
		if got := c.failure.Text(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestShellFailureGoNB(t *testing.T) {
	for _, c := range []struct{ source, stderr, want string }{
		{"!false", "exit status 1\n", "ShellError: !false: exit status 1"},
		{"%%bash\nfalse", "exit status 1\n", "ShellError: %%bash: exit status 1"},
		{"%nosuch", "\"%nosuch\" unknown or not implemented yet.", "MagicError: unknown special command %nosuch"},
		{"%%\nfmt.Fprintln(os.Stderr, \"exit status 1\")", "exit status 1\n", ""},
		{"!true", "", ""},
		{"const a = `\n!false`\n%%\nf()", "exit status 1\n", ""}, // a line of a string is no command
	} {
		got := ""
		if f := shellFailureGoNB(c.source, c.stderr); f != nil {
			got = f.Text()
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.source, got, c.want)
		}
	}
}
