package engine

import (
	"os"
	"path/filepath"
	"regexp"
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
	stderr = strings.TrimSpace(compilingNote.ReplaceAllString(stderr, ""))
	if !like(shows, wanted) || !like(stderr, wantedError) {
		m.t.Errorf("cell %q shows\n%s\n--\n%s\nwant\n%s", cell, shows, stderr, want)
	}
}

// compilingNote is what users of slow machines are told.
var compilingNote = regexp.MustCompile(`(?m)^note: compiling .*, which happens once$`)

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
