package engine

import (
	"maps"
	"runtime"
	"strings"
	"testing"
)

// TestEditTypes: what a process cannot take beside what it has comes in anew.
func TestEditTypes(t *testing.T) {
	for name, c := range map[string]struct{ from, to, cell, want string }{
		"field": {"balance int", "balance int\n\tnote string", "account.Open(\"Bob\").Owner",
			"=> Bob\n--\nnote: example.com/bank/account changed on disk: the type Account is another one in " +
				"example.com/bank/account, so the variables and types of example.com/bank/account are new ones; " +
				"lost are the values of a; other values stay, in interfaces also those of old types"},
		"method": {"// Later returns", "func (a *Account) Close() {}\n\n// Later returns", "account.Open(\"Bob\").Close()",
			"\n--\n…the type Account is another one …"},
		"signature": {"func Open(owner string) *Account {", "func Open(owner string, _ ...int) *Account {", "account.Opened()",
			"=> 0\n--\n…the function Open is another one …"},
		"value": {"var opened int", "var opened = 7", "account.Opened()", "=> 7\n--\n…the variable opened is another one …"},
		"new value": {"const fee", "var rate = float64(opened)\n\nconst fee", "account.Opened()",
			"=> 0\n--\n…the variable rate is new in …"},
		"local type": {"	opened++\n", "	type T struct{ s string }\n	opened += len(T{\"abc\"}.s)\n",
			"account.Open(\"Bob\").Owner", "=> Bob\n--\n…the list of types within functions is another one …"},
		"generic": {"out = append(out, f(x))", "out = append(out, f(x), f(x))",
			"account.Map([]int{1}, func(i int) int { return i + 1 })", "=> [2 2]\n--\n…the function Map is another one …"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModule(t, bank)
			m.check("import \"example.com/bank/account\"\n%%\na := account.Open(\"Ada\")\na.Tell()", "=> Ada has 0")
			m.edit("account/account.go", c.from, c.to)
			m.check(c.cell, c.want)
			m.check("a.Tell()", "TypeError: …the value of a is lost, because packages were edited: run cell [1] again…")
		})
	}
}

// TestEditTypesKeeps: values of other types stay when a type is edited, and so
// does what other packages have; cells see the new package everywhere.
func TestEditTypesKeeps(t *testing.T) {
	files := maps.Clone(bank)
	files["other/other.go"] = "package other\n\nvar n int\n\n// Count counts.\nfunc Count() int { n++; return n }\n\n" +
		"// Pair is generic.\ntype Pair[T any] struct{ A, B T }\n"
	m := newModule(t, files)
	m.check("import (\n\t\"example.com/bank/account\"\n\t\"example.com/bank/other\"\n\t\"example.com/bank/report\"\n)\n"+
		"type Box struct{ A *account.Account }\ntype Plain struct{ N int }\n"+
		"var first = account.Open(\"first\")\nfunc names() []string { return report.All([]*account.Account{first}) }\n"+
		"%%\nn, plain, list := 5, Plain{6}, []string{\"x\"}\na, box := account.Open(\"Ada\"), Box{}\n"+
		"pair, ints := other.Pair[*account.Account]{}, other.Pair[int]{1, 2}\nvar x any = a\nlater := a.Later()\n"+
		"_, _, _ = box, pair, ints\nother.Count()", "=> 1")
	m.check("n", "=> 5")
	const lost = "; lost are the values of a, box, pair; other values stay, …"
	const both = "so the variables and types of example.com/bank/account, example.com/bank/report are new ones"
	m.edit("account/account.go", "balance int\n", "balance int\n\tnote string\n")
	m.edit("account/account.go", "%s has %d", "%s owns %d")
	m.check("fmt.Println(n, plain, list, ints, later(), other.Count())", "5 {6} [x] {1 2} Ada has 0 later 2\n--\n"+
		"note: example.com/bank/account, example.com/bank/report changed on disk: the type Account is another one in "+
		"example.com/bank/account, "+both+lost)
	m.check("box", "TypeError: …the value of box is lost, because packages were edited: run cell [1] again…")
	m.check("names()", "=> [first owns 0]\n--\nnote: made anew by initializers…")
	m.check("account.Opened()", "=> 1")
	m.check("_, same := x.(*account.Account)\nfmt.Printf(\"%T %T %v\", x, first, same)",
		"*account.Account *account.Account false")
	m.check("a := account.Open(\"Ada\")\nbox := Box{a}\nbox.A.Tell()", "=> Ada owns 0\n--\n…type Box has changed…")

	// Now the package is edited in place again, and in another way once more.
	m.edit("account/account.go", "%s owns %d", "%s keeps %d")
	m.check("box.A.Tell()", "=> Ada keeps 0\n--\nnote: …; new code is in place, and values stay")
	m.check("names()", "=> [first keeps 0]")
	m.edit("account/account.go", "note string", "note []string")
	m.check("[]any{n, plain, len(names())}", "=> [5 {N:6} 1]\n--\nnote: …"+both+
		"; lost are the values of a, box; …\nnote: made anew…")
	m.edit("report/report.go", "return a.Tell()", "return a.Tell() + \"!\"")
	m.check("names()", "=> [first keeps 0!]\n--\nnote: …; new code is in place, and values stay")
	m.check("other.Count()", "=> 3")

	// It does not compile, then it is what it was at the start.
	m.edit("account/account.go", "note []string", "note []strin")
	m.check("n", "=> 5\n--\n"+
		"note: …cannot be compiled; this session goes on with the earlier code: …undefined: strin")
	m.edit("account/account.go", "\tnote []strin\n", "")
	m.check("names()", "=> [first keeps 0!]\n--\nnote: …"+both+"; other values stay…\nnote: made anew…")
	m.check("%reload", "\n--\nlost are the values of ints, later, list, n, plain, same, x")
	m.check("names()", "=> [first keeps 0!]\n--\nnote: made anew…")
}

// TestEditTypesOnce: packages that cannot come in twice bring a new process.
func TestEditTypesOnce(t *testing.T) {
	m := newModule(t, map[string]string{
		"go.mod": "module example.com/once\n\ngo 1.26\n",
		"flags/f.go": "package flags\n\nimport \"flag\"\n\nvar n = flag.Int(\"once\", 1, \"\")\n\n" +
			"type T struct{ N int }\n\nfunc F() int { return *n }\n",
		"c/c.go":   "package c\n\n// static int one() { return 1; }\nimport \"C\"\n\nfunc F() int { return int(C.one()) }\n",
		"on/on.go": "package on\n\nimport \"example.com/once/c\"\n\nfunc F() int { return c.F() }\n",
	})
	m.check("import (\n\t\"example.com/once/flags\"\n\t\"example.com/once/on\"\n)\n%%\nn := flags.F() + on.F()\nn", "=> 2")
	m.edit("flags/f.go", "N int", "N, M int")
	m.check("flags.F()", "=> 1\n--\ncell flag redefined: once\nnote: example.com/once/flags changed on disk: the type T is another one in "+
		"example.com/once/flags, and the packages cannot be loaded: their initialization panics: cell flag redefined: once, "+
		"so a new process has been started; lost are the values of n")
	m.check("n := on.F()\nn", "=> 1")
	m.edit("c/c.go", "return 1;", "return 2;")
	m.check("on.F()", "=> 2\n--\nnote: …C code, so a new process has been started; lost are the values of n")
}

// TestEditTypesAssembly: a package with assembly, and a program, come in anew,
// too.
func TestEditTypesAssembly(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the assembly is amd64's")
	}
	m := newModule(t, map[string]string{
		"go.mod": "module example.com/asm\n\ngo 1.26\n",
		"fast/f.go": "package fast\n\n//go:noescape\nfunc add(t *T) int64\n\ntype T struct{ A, B int64 }\n\n" +
			"func (t *T) Sum() int64 { return add(t) }\n",
		"fast/f.s": "#include \"textflag.h\"\n#include \"go_asm.h\"\n\nTEXT ·add(SB), NOSPLIT, $0-16\n" +
			"\tMOVQ t+0(FP), AX\n\tMOVQ T_A(AX), BX\n\tADDQ T_B(AX), BX\n\tMOVQ BX, ret+8(FP)\n\tRET\n",
		"fast/d.txt": "data",
		"fast/e.go":  "package fast\n\nimport _ \"embed\"\n\n//go:embed d.txt\nvar Data string\n",
		"cmd/c.go": "package main\n\nimport \"example.com/asm/fast\"\n\ntype Options struct{ T fast.T }\n\n" +
			"func Sum(o *Options) int64 { return o.T.Sum() }\n\nfunc Fail() { panic(fast.Data) }\n\nfunc main() {}\n",
	})
	m.check("import (\n\t\"example.com/asm/fast\"\n\tprogram \"example.com/asm/cmd\"\n)\n%%\n"+
		"n := 1\nt := &fast.T{A: 1, B: 2}\no := &program.Options{}\n_ = o\nt.Sum()", "=> 3")
	m.edit("fast/f.go", "A, B int64", "C, A, B int64")
	m.edit("fast/d.txt", "data", "more")
	m.check("(&fast.T{A: 3, B: 4}).Sum()", "=> 7\n--\n…the variables and types of example.com/asm/fast, "+
		"example.com/asm/cmd are new ones; lost are the values of o, t; …")
	m.check("program.Sum(&program.Options{T: fast.T{A: 5, B: 6}}) + int64(n)", "=> 12")
	m.check("fast.Data", "=> more")
	m.edit("cmd/c.go", "T fast.T", "T fast.T; N int")
	m.check("program.Sum(&program.Options{T: fast.T{A: 5}, N: 1})", "=> 5\n--\n"+
		"…the variables and types of example.com/asm/cmd are new ones; …")
	outcome := m.Run(t.Context(), Cell{Code: "program.Fail()"})
	f := outcome.Failure
	if f == nil || !strings.Contains(strings.Join(f.Traceback, "\n"), "c.go:9: example.com/asm/cmd.Fail") {
		t.Errorf("the panic shows %q", f.Traceback)
	}
}
