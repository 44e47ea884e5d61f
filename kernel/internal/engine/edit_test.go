package engine

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// module is a user's module that is edited while a notebook runs.
type module struct {
	*notebook
	dir string
}

func newModule(t *testing.T, files map[string]string) *module {
	t.Helper()
	m := &module{notebook: &notebook{t: t, home: t.TempDir()}, dir: t.TempDir()}
	for name, text := range files {
		m.write(name, text)
	}
	time.Sleep(50 * time.Millisecond) // older than the go command's look at them
	var err error
	m.Engine, err = Open(t.Context(), Options{Library: testLibrary.Get(t).Dir, Front: m.notebook, Dir: m.home,
		Module: library.Module{Dir: m.dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return m
}

func (m *module) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// edit changes a text in a file.
func (m *module) edit(name, from, to string) {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(name)))
	if err != nil || !strings.Contains(string(text), from) {
		m.t.Fatalf("%s has no %q: %v", name, from, err)
	}
	m.write(name, strings.ReplaceAll(string(text), from, to))
}

// check runs a cell. The wanted text is that of the cell, then, behind a line
// with "--", what stands on standard error; "…" stands for anything.
func (m *module) check(cell, want string) {
	m.t.Helper()
	wanted, wantedError, _ := strings.Cut(want, "\n--\n")
	shows, stderr := m.both(cell)
	if !like(shows, wanted) || !like(stderr, wantedError) {
		m.t.Errorf("cell %q shows\n%s\n--\n%s\nwant\n%s", cell, shows, stderr, want)
	}
}

func like(text, pattern string) bool {
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), "…", "(?s:.*)")
	return regexp.MustCompile("^" + quoted + "$").MatchString(text)
}

var bank = map[string]string{
	"go.mod": "module example.com/bank\n\ngo 1.26\n",
	"account/account.go": `// Package account has accounts.
package account

import "fmt"

// Account holds money.
type Account struct {
	Owner   string
	balance int
}

// Teller knows what is on an account.
type Teller interface{ Tell() string }

var opened int

var names = map[string]int{
	"one": 1,
	"two": 2,
}

const fee = 1

// Open opens one.
func Open(owner string) *Account {
	opened++
	return &Account{Owner: owner}
}

// Opened counts.
func Opened() int {
	type T struct{ n int }
	return T{opened}.n
}

// Add adds money.
func (a *Account) Add(n int) { a.balance += n - fee }

// Tell says it.
func (a *Account) Tell() string { return fmt.Sprintf("%s has %d", a.Owner, a.balance) }

// Later returns a function literal.
func (a *Account) Later() func() string {
	return func() string { return a.Tell() + " later" }
}

// Map calls f.
func Map[T, U any](list []T, f func(T) U) (out []U) {
	for _, x := range list {
		out = append(out, f(x))
	}
	return out
}
`,
	"report/report.go": `package report

import "example.com/bank/account"

// All reports.
func All(list []*account.Account) []string {
	return account.Map(list, func(a *account.Account) string { return a.Tell() })
}
`,
}

// TestEditFunctions: bodies of functions are edited, and whatever lives calls
// the new ones.
func TestEditFunctions(t *testing.T) {
	m := newModule(t, bank)
	const note = "\n--\nnote: …changed on disk; new code is in place, and values stay"
	m.check("import (\n\t\"example.com/bank/account\"\n\t\"example.com/bank/report\"\n)\n"+
		"%%\na := account.Open(\"Ada\")\na.Add(10)\na.Tell()", "=> Ada has 9")
	m.check("var teller account.Teller = a\nlater := a.Later()\nfunc mine() string { return a.Tell() }\nlater()",
		"=> Ada has 9 later")

	m.edit("account/account.go", "import \"fmt\"", "import (\n\t\"fmt\"\n)\n\n// Lines move, too.")
	m.edit("account/account.go", "%s has %d", "%s owns %d")
	m.check("a.Tell()", "=> Ada owns 9"+note)
	m.check("teller.Tell()", "=> Ada owns 9")
	m.check("later()", "=> Ada owns 9 later")
	m.check("mine()", "=> Ada owns 9")
	m.check("report.All([]*account.Account{a})", "=> [Ada owns 9]")
	m.check("account.Opened()", "=> 1")

	// Another literal comes before the first, and a function is new.
	m.edit("account/account.go", "	return func() string { return a.Tell() + \" later\" }",
		"	low := func(n int) bool { return n < a.balance }\n	_ = low(3)\n"+
			"	return func() string { return helped(a.Tell()) + \" much later\" }")
	m.edit("account/account.go", "// Map calls", "func helped(s string) string { return \"(\" + s + \")\" }\n\n// Map calls")
	m.check("later()", "=> Ada owns 9 later"+note) // an old literal stays what it is
	m.check("later = a.Later()\nlater()", "=> (Ada owns 9) much later")

	// A constant changes what callers have in them.
	m.edit("account/account.go", "const fee = 1", "const fee = 3")
	m.check("a.Add(10)\na.Tell()", "=> Ada owns 16"+note)
	for i := range 3 {
		m.edit("report/report.go", "a.Tell()", "\"*\" + a.Tell()")
		m.check("report.All([]*account.Account{a})", "=> ["+strings.Repeat("*", i+1)+"Ada owns 16]"+note)
	}
	m.check("account.Open(\"Bob\").Tell()", "=> Bob owns 0")
	m.check("account.Opened()", "=> 2")
}

// TestEditMistake: an edit that does not compile leaves the session with the
// earlier code, and says so once.
func TestEditMistake(t *testing.T) {
	m := newModule(t, bank)
	m.check("import \"example.com/bank/account\"\n%%\na := account.Open(\"Ada\")\na.Tell()", "=> Ada has 0")
	m.edit("account/account.go", "return fmt.Sprintf(", "return fmt.Sprintf((")
	m.check("a.Tell()", "=> Ada has 0\n--\nnote: example.com/bank/account changed on disk and cannot be compiled; "+
		"this session goes on with the earlier code: …account/account.go:…")
	m.check("a.Tell()", "=> Ada has 0")
	m.edit("account/account.go", "return fmt.Sprintf((", "return fmt.Sprintf(")
	m.check("a.Tell()", "=> Ada has 0")
}

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
	m.check("_, same := x.(*account.Account)\nfmt.Printf(\"%T %T %v\", x, first, same)", "*account.Account *account.Account false")
	m.check("a := account.Open(\"Ada\")\nbox := Box{a}\nbox.A.Tell()", "=> Ada owns 0\n--\n…type Box has changed…")

	// Now the package is edited in place again, and in another way once more.
	m.edit("account/account.go", "%s owns %d", "%s keeps %d")
	m.check("box.A.Tell()", "=> Ada keeps 0\n--\nnote: …; new code is in place, and values stay")
	m.check("names()", "=> [first keeps 0]")
	m.edit("account/account.go", "note string", "note []string")
	m.check("[]any{n, plain, len(names())}", "=> [5 {N:6} 1]\n--\nnote: …"+both+"; lost are the values of a, box; …\nnote: made anew…")
	m.edit("report/report.go", "return a.Tell()", "return a.Tell() + \"!\"")
	m.check("names()", "=> [first keeps 0!]\n--\nnote: …; new code is in place, and values stay")
	m.check("other.Count()", "=> 3")

	// It does not compile, then it is what it was at the start.
	m.edit("account/account.go", "note []string", "note []strin")
	m.check("n", "=> 5\n--\nnote: …cannot be compiled; this session goes on with the earlier code: …undefined: strin")
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

// TestPackagesThatFail: packages that do not compile, or do not come up, are
// refused, and the session goes on.
func TestPackagesThatFail(t *testing.T) {
	m := newModule(t, map[string]string{
		"go.mod":           "module example.com/fails\n\ngo 1.26\n",
		"panics/p.go":      "package panics\n\nfunc init() { panic(\"no\") }\n\nfunc F() int { return 1 }\n",
		"exits/e.go":       "package exits\n\nimport \"os\"\n\nfunc init() { os.Exit(3) }\n",
		"wrong/w.go":       "package wrong\n\nfunc F() int { return \"\" }\n",
		"program/p.go":     "package main\n\nfunc main() {}\n\nfunc F() int { return 6 }\n",
		"internal/in/i.go": "package in\n\nfunc F() int { return 4 }\n",
		"good/g.go":        "package good\n\nfunc F() int { return 5 }\n",
	})
	m.check("x := 1", "")
	for range 2 {
		m.check("import \"example.com/fails/panics\"\n%%\npanics.F()", "GoGetError: the packages cannot be loaded: their initialization …")
		m.check("import _ \"example.com/fails/exits\"\n%%\nx", "GoGetError: the packages cannot be loaded: their initialization …")
		m.check("import \"example.com/fails/wrong\"\n%%\nwrong.F()", "GoGetError: …wrong/w.go:3:23: cannot use …")
		m.check("import \"example.com/fails/none\"\n%%\nnone.F()", "GoGetError: …")
	}
	m.check("import (\n\t\"example.com/fails/internal/in\"\n\t\"example.com/fails/good\"\n)\n%%\nin.F() + good.F() + x", "=> 10")
	m.check("import p \"example.com/fails/program\"\n%%\np.F()", "=> 6") // as in a test of the program
	m.edit("program/p.go", "return 6", "return 7")
	m.check("p.F()", "=> 7\n--\nnote: example.com/fails/program changed on disk; new code is in place, and values stay")
	m.check("x", "=> 1")
	m.edit("good/g.go", "package good\n", "package good\n\nimport _ \"example.com/fails/good\"\n")
	m.check("good.F()", "=> 5\n--\nnote: example.com/fails/good changed on disk and cannot be compiled; …import cycle…")
	if err := os.RemoveAll(m.dir); err != nil {
		t.Fatal(err)
	}
	m.check("good.F() + x", "=> 6\n--\nnote: …the module's folder cannot be read: …")
}

// TestEditPathWithDot: symbols of a package whose path ends in an element with a
// dot are written in another way.
func TestEditPathWithDot(t *testing.T) {
	m := newModule(t, map[string]string{
		"go.mod": "module example.com/dots.v1\n\ngo 1.26\n",
		"d.go":   "package dots\n\ntype T struct{ N int }\n\nfunc (t T) Get() int { return t.N }\n\nfunc F() T { return T{1} }\n",
	})
	m.check("import dots \"example.com/dots.v1\"\n%%\nvar get interface{ Get() int } = dots.F()\nget.Get()", "=> 1")
	m.edit("d.go", "return t.N", "return t.N + 10")
	m.check("get.Get()", "=> 11\n--\nnote: example.com/dots.v1 changed on disk; new code is in place, and values stay")
	m.edit("d.go", "T{1}", "T{2}")
	m.check("dots.F().Get()", "=> 12\n--\nnote: …values stay")
}

// TestEditTypesAssembly: a package with assembly, and a program, come in anew,
// too.
func TestEditTypesAssembly(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the assembly is amd64's")
	}
	m := newModule(t, map[string]string{
		"go.mod":     "module example.com/asm\n\ngo 1.26\n",
		"fast/f.go":  "package fast\n\n//go:noescape\nfunc add(t *T) int64\n\ntype T struct{ A, B int64 }\n\nfunc (t *T) Sum() int64 { return add(t) }\n",
		"fast/f.s":   "#include \"textflag.h\"\n#include \"go_asm.h\"\n\nTEXT ·add(SB), NOSPLIT, $0-16\n\tMOVQ t+0(FP), AX\n\tMOVQ T_A(AX), BX\n\tADDQ T_B(AX), BX\n\tMOVQ BX, ret+8(FP)\n\tRET\n",
		"fast/d.txt": "data",
		"fast/e.go":  "package fast\n\nimport _ \"embed\"\n\n//go:embed d.txt\nvar Data string\n",
		"cmd/c.go": "package main\n\nimport \"example.com/asm/fast\"\n\ntype Options struct{ T fast.T }\n\n" +
			"func Sum(o *Options) int64 { return o.T.Sum() }\n\nfunc Fail() { panic(fast.Data) }\n\nfunc main() {}\n",
	})
	m.check("import (\n\t\"example.com/asm/fast\"\n\tprogram \"example.com/asm/cmd\"\n)\n%%\n"+
		"n := 1\nt := &fast.T{A: 1, B: 2}\no := &program.Options{}\n_ = o\nt.Sum()", "=> 3")
	m.edit("fast/f.go", "A, B int64", "C, A, B int64")
	m.edit("fast/d.txt", "data", "more")
	m.check("(&fast.T{A: 3, B: 4}).Sum()", "=> 7\n--\n…the variables and types of example.com/asm/fast, example.com/asm/cmd are "+
		"new ones; lost are the values of o, t; …")
	m.check("program.Sum(&program.Options{T: fast.T{A: 5, B: 6}}) + int64(n)", "=> 12")
	m.check("fast.Data", "=> more")
	m.edit("cmd/c.go", "T fast.T", "T fast.T; N int")
	m.check("program.Sum(&program.Options{T: fast.T{A: 5}, N: 1})", "=> 5\n--\n…the variables and types of example.com/asm/cmd are new ones; …")
	outcome := m.Run(t.Context(), Cell{Code: "program.Fail()"})
	if f := outcome.Failure; f == nil || !strings.Contains(strings.Join(f.Traceback, "\n"), "c.go:9: example.com/asm/cmd.Fail") {
		t.Errorf("the panic shows %q", f.Traceback)
	}
}
