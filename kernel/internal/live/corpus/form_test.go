package corpus

import (
	"go/importer"
	"go/token"
	"strings"
	"testing"
)

// form tests: a program and its cells, which "---" separates.
var formTests = []struct{ name, text, halves, pieces string }{
	{
		"statements alone", "package main\n\nfunc main() {\n\tprintln(1)\n}\n",
		"%%\n\tprintln(1)",
		"%%\n\tprintln(1)",
	},
	{
		"imports",
		"// run\n\npackage main\n\nimport \"fmt\"\nimport . \"os\"\n\n" +
			"func main() { fmt.Println(Args) }\n",
		"import \"fmt\"\nimport . \"os\"\n---\n%%\n fmt.Println(Args) ",
		"import \"fmt\"\nimport . \"os\"\n---\n%%\n fmt.Println(Args) ",
	},
	{
		"a function before what it calls",
		"package main\nfunc f() { g() }\nfunc main() { f() }\nfunc g() {}\n",
		"func f() { g() }\n\nfunc g() {}\n---\n%%\n f() ",
		"func g() {}\n---\nfunc f() { g() }\n---\n%%\n f() ",
	},
	{
		"functions that call each other",
		"package main\nfunc f() { g() }\nfunc h() {}\nfunc g() { h(); f() }\n" +
			"func main() {}\n",
		"func f() { g() }\nfunc h() {}\nfunc g() { h(); f() }\n---\n%%\n",
		"func h() {}\n---\nfunc f() { g() }\n\nfunc g() { h(); f() }\n---\n%%\n",
	},
	{
		"methods before what uses the type",
		"package main\nvar v T\ntype T int\nfunc (t T) a() { t.b() }\nfunc (T) b() {}\n" +
			"func main() {}\n",
		"var v T\ntype T int\nfunc (t T) a() { t.b() }\nfunc (T) b() {}\n---\n%%\n",
		"type T int\n---\nfunc (T) b() {}\n---\nfunc (t T) a() { t.b() }\n---\nvar v T\n---\n%%\n",
	},
	{
		"methods of a generic type",
		"package main\nvar v T[int]\ntype T[A any] struct{}\nfunc (t *T[A]) m() {}\n" +
			"func main() { v.m() }\n",
		"var v T[int]\ntype T[A any] struct{}\nfunc (t *T[A]) m() {}\n---\n%%\n v.m() ",
		"type T[A any] struct{}\n---\nfunc (t *T[A]) m() {}\n---\nvar v T[int]\n---\n%%\n v.m() ",
	},
	{
		"a method that uses another type that uses the type",
		"package main\ntype T struct{}\nfunc (T) m(U) {}\ntype U struct{ t T }\n" +
			"func main() {}\n",
		"type T struct{}\nfunc (T) m(U) {}\ntype U struct{ t T }\n---\n%%\n",
		"type T struct{}\n---\nfunc (T) m(U) {}\n\ntype U struct{ t T }\n---\n%%\n",
	},
	{
		"methods that make an interface",
		"package main\ntype T int\ntype I interface { a() I; b() }\n" +
			"func (t T) a() I { return t }\n" +
			"func (T) b() {}\nfunc main() {}\n",
		"type T int\ntype I interface { a() I; b() }\nfunc (t T) a() I { return t }\n" +
			"func (T) b() {}\n---\n%%\n",
		"type T int\n---\ntype I interface { a() I; b() }\n---\nfunc (T) b() {}\n---\n" +
			"func (t T) a() I { return t }\n---\n%%\n",
	},
	{
		"initialization, then init",
		"package main\nfunc init() { x++ }\nfunc init() {}\nvar y = f()\nvar x = 1\n" +
			"var z = 2\nfunc f() int { return z }\nfunc main() {}\n",
		"func init() { x++ }\nfunc init() {}\nvar y = f()\nvar x = 1\nvar z = 2\n" +
			"func f() int { return z }\n---\n%%\n",
		"var x = 1\n---\nvar z = 2\n---\nfunc f() int { return z }\n---\nvar y = f()\n" +
			"---\nfunc init() { x++ }\n---\nfunc init() {}\n---\n%%\n",
	},
	{
		"a main that is called",
		"package main\nvar n int\nfunc main() { again() }\nfunc again() { main() }\n",
		"var n int\nfunc main() { again() }\nfunc again() { main() }",
		"var n int\n---\nfunc main() { again() }\n\nfunc again() { main() }",
	},
	{
		"directives and groups stay",
		"package main\n\n// f has a line before it.\n//\n//go:noinline\nfunc f() {}\n\n" +
			"const (\n\ta = iota\n\tb\n)\n\nfunc main() {}\n",
		"// f has a line before it.\n//\n//go:noinline\nfunc f() {}\n\nconst (\n" +
			"\ta = iota\n\tb\n)\n---\n%%\n",
		"// f has a line before it.\n//\n//go:noinline\nfunc f() {}\n---\nconst (\n" +
			"\ta = iota\n\tb\n)\n---\n%%\n",
	},
}

func TestCells(t *testing.T) {
	packages := importer.ForCompiler(token.NewFileSet(), "source", nil)
	for _, test := range formTests {
		t.Run(test.name, func(t *testing.T) {
			for form, want := range map[Form]string{Whole: test.text, Halves: test.halves, Pieces: test.pieces} {
				cells, err := Cells(form, test.text, packages)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(cells, "\n---\n"); got != want {
					t.Errorf("%s:\n%s\nwant:\n%s", form, got, want)
				}
			}
		})
	}
	for _, wrong := range []string{"", "package main\nfunc main() {", "package main\nfunc f() {}",
		"package main\nfunc main() { undefined() }"} {
		if cells, err := Cells(Pieces, wrong, packages); err == nil {
			t.Errorf("%q has cells %q", wrong, cells)
		}
	}
	if _, err := Cells("quarters", "package main\nfunc main() {}", packages); err == nil {
		t.Error("there is a form quarters")
	}
}
