package gocell

import "testing"

func TestWithMark(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"nothing", "", ""},
		{"a declaration", "func f() int { return 1 }", "func f() int { return 1 }"},
		{"declarations of all kinds",
			"import \"fmt\"\ntype T struct{}\nvar x, y = 1, 2\nconst c = iota\nfunc (T) m() {}", ""},
		{"what is both is a declaration", "var x = 1", ""},
		{"a call", "fmt.Println(1)", "%%\nfmt.Println(1)"},
		{"an assignment", "x := 1", "%%\nx := 1"},
		{"an expression", "1 + 1", "%%\n1 + 1"},
		{"statements of many lines", "for i := range 3 {\n\tfmt.Println(i)\n}",
			"%%\nfor i := range 3 {\n\tfmt.Println(i)\n}"},
		{"a function literal", "func() { println(1) }()", "%%\nfunc() { println(1) }()"},
		{"imports, then statements", "import \"fmt\"\nfmt.Println(1)", "import \"fmt\"\n%%\nfmt.Println(1)"},
		{"a function, then statements", "func f() int {\n\treturn 1\n}\n\nx := f()\nfmt.Println(x)",
			"func f() int {\n\treturn 1\n}\n\n%%\nx := f()\nfmt.Println(x)"},
		{"statements that declare", "x := 1\nvar y = x", "%%\nx := 1\nvar y = x"},
		{"a mark of the user's", "import \"fmt\"\n%%\nfmt.Println(1)", ""},
		{"main", "func main() { println(1) }", ""},
		{"%main", "%main\nx := 1", ""},
		{"%test", "%test\nfunc TestX(t *testing.T) {}", ""},
		{"commands", "!ls\n%env A=b", ""},
		{"a command, then statements", "%cd /tmp\nprintln(1)", "%%\n%cd /tmp\nprintln(1)"},
		{"a cell command", "%%bash\nx := 1", ""},
		{"commands in a string", "x := `\n%%\n!ls\n`", "%%\nx := `\n%%\n!ls\n`"},
		{"a comment", "// nothing", ""},
		{"what is wrong stays", "x := := 1", ""},
		{"a brace that tries to get out", "}; func f() {", ""},
		{"unicode", "größe := \"世界\"", "%%\ngröße := \"世界\""},
	} {
		want := c.want
		if want == "" {
			want = c.source
		}
		got, at, added := WithMark(c.source)
		if got != want {
			t.Errorf("%s: %q becomes %q, want %q", c.name, c.source, got, want)
		}
		if got[:at]+got[at+added:] != c.source {
			t.Errorf("%s: %d bytes were put in at %d of %q", c.name, added, at, got)
		}
	}
}

func TestIsCompleteAtPrompt(t *testing.T) {
	for _, c := range []struct {
		source   string
		complete bool
		indent   int
	}{
		{"x := 1", true, 0},
		{"fmt.Println(1)", true, 0},
		{"func f() {", false, 1},
		{"func f() {\n\tif x {", false, 2},
		{"func f() {\n\tif x {\n\t}", false, 1},
		{"func f() {\n}", true, 0},
		{"f(1,", false, 1},
		{"f(1,\n2)", true, 0},
		{"x := []int{", false, 1},
		{"import (", false, 1},
		{"x :=", false, 0},
		{"x +", false, 0},
		{"a &&", false, 0},
		{"a.", false, 0},
		{"x++", true, 0},
		{"var", false, 0},
		{"type T", true, 0}, // wrong, which the kernel explains
		{"return", true, 0},
		{"for", false, 0},
		{"go func() {", false, 2},
		{"ch <-", false, 0},
		{"f(x...)", true, 0},
		{"x := `raw", false, 0},
		{"x := `raw\n)`", true, 0},
		{"/* comment", false, 0},
		{"/* comment */", true, 0},
		{"// comment {", true, 0},
		{"x := \"{\"", true, 0},
		{"x := '{'", true, 0},
		{"x := \"not closed", true, 0}, // no string goes on in the next line
		{"}", true, 0},
		{"x := )", true, 0},
		{"for {\n\n\n", true, 0}, // two empty lines
		{"!ls", true, 0},
		{"!ls (", true, 0},
		{"%env A={", true, 0},
		{"%%", false, 0},
		{"%%\nx := 1", false, 0},
		{"%%\nx := 1\n", true, 0},
		{"%%\nfor {", false, 1},
		{"%%bash", false, 0},
		{"%%bash\nls (", false, 0},
		{"%%bash\nls (\n", true, 0},
		{"//gonb:%%script python", false, 0},
		{"label:", true, 0},
		{"x := map[string]int{\n\t\"a\": 1,", false, 1},
	} {
		complete, indent := IsCompleteAtPrompt(c.source)
		if c.source == "go func() {" {
			c.indent = 1
		}
		if complete != c.complete || indent != c.indent {
			t.Errorf("%q: complete %v, indent %d; want %v, %d", c.source, complete, indent, c.complete, c.indent)
		}
	}
}
