package gocell

import (
	"strings"
	"testing"
)

func TestSort(t *testing.T) {
	for _, c := range []struct{ name, text, declarations, body string }{
		{"marked", "var x = 1\n%%\nfmt.Println(x)", "var x = 1", "fmt.Println(x)"},
		{"main", "%main -n 3\ny := 2", "", "y := 2"},
		{"no mark", "x := 1\nfunc f() int { return x }\nx++", "func f() int { return x }", "x := 1 x++"},
		{"declarations only", "import \"fmt\"\nfunc f() {\n\tfmt.Println(1)\n}",
			"import \"fmt\" func f() { fmt.Println(1) }", ""},
		{"literal", "func() { println(1) }()", "", "func() { println(1) }()"},
		{"method", "func (p *T) M() {}", "func (p *T) M() {}", ""},
		{"variable after statement", "x := 1\nvar y = x", "", "x := 1 var y = x"},
		{"local declarations after mark", "const a = 1\n%%\nconst b = 2\ntype T int\nimport \"os\"\nfunc f() {}",
			"const a = 1 import \"os\" func f() {}", "const b = 2 type T int"},
		{"function after mark", "%%\nf()\nfunc f() {}", "func f() {}", "f()"},
		{"commented", "//gonb:%%\nf()", "", "f()"},
		{"shell", "!ls \\\n -l\nx := 1", "", "x := 1"},
		{"same line", "x := 1; type T int; var z T", "type T int;", "x := 1; var z T"},
		{"for with semicolons", "for i := 0; ; i++ {}\nfor ;; {}", "", "for i := 0; ; i++ {} for ;; {}"},
		{"package clause", "// Package abc is\n// the notebook's.\npackage abc\n\nvar x = 1\n%%\npackage main; f()",
			"// Package abc is // the notebook's. var x = 1", "f()"},
		{"no package clause", "package\nx := `\npackage main\n`", "package x := ` package main `", ""},
		{"commands in strings", "x := `\n%d\n!ls\n%%\n`\n/*\n%env\n*/\ny := 1\n%%\nz(`\n%%bash\n`)", "/* %env */",
			"x := ` %d !ls %% ` y := 1 z(` %%bash `)"},
		{"string without end", "x := `\n%%\ny", "", "x := ` y"},
		{"unicode", "日 := 1\ntype ø int", "type ø int", "日 := 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Parse(c.text).Sort()
			if d := strings.Join(strings.Fields(got.Declarations), " "); d != c.declarations {
				t.Errorf("declarations %q, want %q", d, c.declarations)
			}
			if b := strings.Join(strings.Fields(got.Body), " "); b != c.body {
				t.Errorf("body %q, want %q", b, c.body)
			}
		})
	}
}

func TestParseCommands(t *testing.T) {
	c := Parse("%env A \"b c\"\n!echo \\\n  hi\n%args -v x\n%exec run\n%test\n")
	if len(c.Commands) != 2 || c.Commands[0].Words[2] != "b c" || !c.Commands[1].Shell ||
		c.Commands[1].Text != "echo    hi" || c.Commands[1].Line != 2 {
		t.Errorf("commands %+v", c.Commands)
	}
	if c.Exec != "run" || !c.Test || strings.Join(c.Args, ",") != "-v,x" {
		t.Errorf("%+v", c)
	}
	m := Parse("%%writefile -a f.txt\nx\ny")
	if m.Magic != "writefile" || len(m.MagicArgs) != 2 || m.Rest != "x\ny" || m.HasGo() {
		t.Errorf("%+v", m)
	}
}

func TestIsComplete(t *testing.T) {
	for text, want := range map[string]string{
		"x := 1": Complete, "func f() {": Incomplete, "x := 1 +": Incomplete, "f(": Incomplete, "}": Invalid,
		"a := `x": Incomplete,
		"%%\n":    Incomplete, "%%\nx": Complete, "!ls": Complete, "x++": Complete, "return": Complete, "\"abc": Invalid,
		"%%bash\nls": Incomplete,
		"x := `\n%d": Incomplete, "x := `\n%d`": Complete, "/*\n!ls": Incomplete, "package main": Complete,
		"%%bash\nls\n\n": Complete, "": Complete, "// a comment": Complete,
		"/* open": Incomplete, "for {": Incomplete, "f(]": Invalid, "a.": Incomplete,
	} {
		if got, _ := IsComplete(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	if _, indent := IsComplete("func f() {\n\tif x {"); indent != "\t\t" {
		t.Errorf("indent %q", indent)
	}
}
