package live

import (
	"strings"
	"testing"
)

// long is a name that no person has typed.
var long = strings.Repeat("long", 1000)

// nameSequences are cells with names that Go allows and nobody expects: blank,
// predeclared, unusual. The form is that of sequences.
var nameSequences = []struct {
	name  string
	cells []string
}{
	{"package clause", []string{"// Package abc is a name.\npackage abc\n\nvar x = 1\n%%\nfmt.Println(x)", "1", "package main\nx + 1", "=> 2", "package main", ""}},
	{"commands in a raw string", []string{"s := `\n%d\n!ls\n%%\npackage x\n`\nfmt.Printf(s, 7)", "7\n!ls\n%\npackage x"}},
	{"commands in a comment", []string{"/*\n%nothing\n!false\npackage x\n*/\nvar x = 1\n/* %%\n%% */\n%%\nfmt.Println(x)", "1"}},
	{"column behind a package clause", []string{"package main; var x int = nothing", "! cell[1]:1:27: undefined: nothing"}},

	{"blank type", []string{"type _ struct{ a int }\ntype _ struct{ b string }", "", "type _ struct{ c int }\ntype _ = int\nx := 1", "", "for _, x = range []int{7} { }; x", "=> 7"}},
	{"blank function", []string{"func _() {}\nfunc _() {}\nfunc _(a int) int { return a }", "", "func _() { undefinedOnceMore() }", "! cell[2]:1:12: undefined: undefinedOnceMore", "func _() {}\n_ = 1\nfmt.Println(\"ok\")", "ok"}},
	{"blank constant", []string{"const _ = 1\nconst _ = 2\nconst (\n\t_ = iota\n\t_\n\ttwo\n)", "", "const _ = \"x\"\nvar _ = two\ntwo", "=> 2"}},
	{"blank method", []string{"type T struct{ n int }\nfunc (T) _() {}\nfunc (T) _() {}\nfunc (t T) Get() int { return t.n }\nvar a any = T{3}", "", "a.(T).Get()", "=> 3", "func (T) _() {}", "", "_, ok := a.(T); ok", "=> true"}},
	{"blank generic type", []string{"type _[T any] struct{ t T }\ntype _[T, U any] func(T) U", "", "type _[T any] []T", ""}},

	{"constant int", []string{"var before = 1\nconst int = 3", "", "x := 5\ny := []rune{'a'}\nfmt.Printf(\"%T %T %v\\n\", x, int, before)", "int int 1", "x++; before++; fmt.Println(x, before, int)", "6 2 3",
		"f := func(a float64, b ...error) map[string]uint8 { return nil }\nm := map[string][]any{}", "", "fmt.Printf(\"%T %T %d\\n\", f, m, len(y))", "func(float64, ...error) map[string]uint8 map[string][]interface {} 1"}},
	{"type string", []string{"type string int\nvar s string = 4\nt := \"text\"", "", "fmt.Printf(\"%T %T %v\\n\", s, t, s+1)", "main.string string 5", "t = \"other\"; t", "=> other",
		"m := map[string]string{1: 2}\nu := fmt.Sprint(m)", "", "fmt.Printf(\"%T %v %s\\n\", m, m, u)", "map[main.string]main.string map[1:2] map[1:2]"}},
	{"type error and any", []string{"e := errors.New(\"e\")\nvar a any = 1", "", "type error struct{ n int }\ntype any = error", "", "fmt.Printf(\"%T %v %v %v\\n\", e, e, a, any{2})", "*errors.errorString e 1 {2}", "b := e\nb", "=> e", "e, a = nil, 2; fmt.Println(e, a, b)", "<nil> 2 e"}},
	{"function len", []string{"func len() int { return 42 }", "", "fmt.Println(len())", "42", "x := len() + 1\nx", "=> 43", "func cap(n int) string { return \"cap\" }\ncap(1)", "=> cap"}},
	{"variable true", []string{"var true = 1", "", "true++; fmt.Println(true, false, !false)", "2 false true", "x := false\nx", "=> false"}},
	{"variable nil", []string{"var nil = 3", "", "nil + 1", "=> 4", "var p *int\nfmt.Println(p == (*int)(func() *int { var q *int; return q }()))", "true"}},
	{"local nil", []string{"nil := 3\nnil", "=> 3", "var e error\ne == nil", "=> true"}},
	{"functions for builtins", []string{"func append(s string) string { return s + \"!\" }\nfunc panic(x any) { fmt.Println(\"calm\", x) }\nfunc new() string { return \"new\" }\nfunc print() {}", "", "panic(append(new()))", "calm new!",
		"for i := range 2 { panic(i) }", "calm 0\ncalm 1"}},
	{"package name", []string{"int := 4\nint++\nint", "=> 5", "var x int = 2\nx", "=> 2"}},

	{"constant of a group with iota redefined", []string{"const (\n\tX = iota\n\tY\n\tZ = X + 10\n)", "", "const X = 5", "", "fmt.Println(X, Y, Z)", "5 1 10", "const Y, W = X * 2, Z", "", "fmt.Println(X, Y, Z, W)", "5 10 10 10"}},
	{"iota redefined", []string{"const (\n\tA = iota * 10\n\tB\n\tC, D = iota, -iota\n\t_, _\n\tE, F\n)\nconst G = 7", "", "const iota = 3", "", "fmt.Println(A, B, C, D, E, F, G, iota)", "0 10 2 -2 4 -4 7 3",
		"const (\n\tH = iota\n\tI\n)", "", "fmt.Println(H, I, B)", "3 3 10", "const iota = 4\nfmt.Println(B, iota)", "10 4"}},
	{"typed group redefined", []string{"type day int\nconst (\n\tmon day = iota + 1\n\ttue\n\twed\n)\nfunc (d day) String() string { return [...]string{1: \"Mon\", tue: \"Tue\", wed: \"Wed\"}[d] }", "", "const mon = \"x\"", "", "fmt.Println(mon, tue, wed)", "x Tue Wed"}},
	{"constant used in its own redefinition", []string{"const X = 5", "", "const X = X + 1", "! cell[2]:1:7: initialization cycle…"}},

	{"names of the linker's", []string{"Ʊ := 1\n_1 := 2\ninit_ := 3\nvar Ʊ2, _2, inıt, ǅ = 4, 5, 6, 7", "", "fmt.Println(Ʊ, _1, init_, Ʊ2, _2, inıt, ǅ)", "1 2 3 4 5 6 7", "type _T struct{ _ int; ʊ int }\nfunc (t _T) Ʊ() int { return t.ʊ }\nfunc Ʊf() any { return _T{ʊ: 8} }", "", "fmt.Println(Ʊf().(_T).Ʊ())", "8"}},
	{"main and init as variables", []string{"main := 3\nmain++\nmain", "=> 4", "init := 1\ninit", "=> 1", "var main = 1", "! cell[3]:1:5: cannot declare main - must be func"}},
	{"init without a name", []string{"func init_() { fmt.Println(\"init_\") }", "init_", "1", "=> 1"}},
	{"long names", []string{long + " := 1\ntype T" + long + " struct{ n int }\nfunc (t *T" + long + ") F" + long + "() int { t.n++; return t.n }\nvar X" + long + " = &T" + long + "{4}", "", long + "++\n" + long, "=> 2", "X" + long + ".F" + long + "()", "=> 5",
		"var a any = X" + long + "\n_, ok := a.(*T" + long + "); ok", "=> true"}},
}

func TestNames(t *testing.T) {
	for _, s := range nameSequences {
		t.Run(s.name, func(t *testing.T) {
			newNotebook(t).check(s.cells)
		})
	}
}
