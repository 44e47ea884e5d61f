package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The tests of this file are of what GoNB's notebooks do beside running Go.

func TestEnvironment(t *testing.T) {
	c := startServed(t, testLibrary.Get(t).Dir, "JPY_PARENT_PID=1", "GONB_GIT_ROOT=/somewhere").attach()
	root, err := os.Readlink("/proc/1/cwd")
	if err != nil {
		root = "" // as for who else may not ask
	}
	c.check("!echo \"$GONB_JUPYTER_ROOT\"", root, "fmt.Println(os.Getenv(\"GONB_JUPYTER_ROOT\"))", root,
		"!echo $GONB_GIT_ROOT", "/somewhere", "os.Getenv(\"GONB_VERSION\")", "=> gocifar-live")
}

func TestTrack(t *testing.T) {
	c := newClient(t)
	dir := t.TempDir()
	module := filepath.Join(dir, "mod")
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(module, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module a.com/a/mod\n\ngo 1.21\n")
	write("a.go", "package mod\n\nfunc A() string { return \"A\" }\n")
	const none = "<b>No files or directory being tracked yet</b>"
	list := func(paths ...string) string {
		return "<b>List of files/directories being tracked:</b>\n<ul>\n<li>" + strings.Join(paths,
			"</li>\n<li>") + "</li>\n</ul>"
	}
	c.check(
		"%track", none,
		"%track a.go", "path \"a.go\" cannot be tracked because it does not exist",
		"%cd "+module+"\n%track a.go "+dir, "Changed directory to \""+module+
			"\"\n\tTracking \"a.go\"\n\tTracking \""+dir+"\"",
		"%track", list(dir, "a.go"),
		"%track a.go", "Tracking \"a.go\"",
		"%untrack nothing", "file or directory \"nothing\" is not tracked, cannot untrack",
		"%untrack a.go", "Untracked \"a.go\"",
		"%untrack "+dir[:len(dir)-2]+"...", "Untracked \""+dir[:len(dir)-2]+"...\"",
		"%track", none,
		"%untrack", "MagicError: %untrack wants one file or folder, or the beginning of some and \"...\", got 0 words; "+
			"%track lists them",
		"!*rm go.work", "",
		"%goworkfix", "MagicError: %goworkfix: there is no go.work in the notebook's folder, so nothing to do; `!*go work "+
			"init && go work use . FOLDER` makes one",
		"!*GOFLAGS= go work init && go work use . "+module, "",
		"%goworkfix", "- Added replace rule for module \"a.com/a/mod\" to local directory \""+module+"\".",
		"%goworkfix", "- Replace rule for module \"a.com/a/mod\" to local directory \""+module+"\" already exists.",
		"!*grep -c "+module+" go.mod", "1",
		"%track", list(module),
		"import \"a.com/a/mod\"\n%%\nmod.A()", "=> A",
		"%untrack "+module, "Untracked \""+module+"\"",
		"%track "+module, "Tracking \""+module+"\"",
	)
	write("a.go", "package mod\n\nfunc A() string { return \"B\" }\n")
	const note = "note: a.com/a/mod changed on disk; new code is in place, and values stay"
	c.check("mod.A()", note+"\n=> B", "mod.A()", "=> B", "%goworkfix x",
		"MagicError: %goworkfix wants nothing, got [\"x\"]", "%reset", "* State reset: all memorized declarations discarded.")
}

// TestProgram: shell commands in the notebook's folder find a program there.
func TestProgram(t *testing.T) {
	c := newClient(t)
	c.check(
		"!*go vet && cat main.go && ls *_test.go 2>/dev/null; true", "package main\n\nfunc main() {}",
		"import str \"strings\"\ntype Point struct{ X, Y float64 }\nfunc (p *Point) ManhattanLen() float64 {\n"+
			"    return p.X + p.Y\n}\nvar x, y = 1, len(\"ab\")\nvar buffer bytes.Buffer\nconst (\n\ta = iota\n\tb\n)\n"+
			"func init_log() { fmt.Println(\"init\", x, str.ToUpper(\"s\")) }\n%% -flag\np := Point{3, 4}\n"+
			"unused := time.Second\nt := reflect.TypeOf(1)\nx = int(p.ManhattanLen())\nx", "…",
	)
	c.check(
		"!*cat main.go", "package main\n\nimport (\n\t\"bytes\"\n\t\"flag\"\n\t\"fmt\"\n\t\"reflect\"\n\tstr \"strings\"\n"+
			"\t\"time\"\n)\n\n"+
			"type Point struct{ X, Y float64 }\n\nconst (\n\ta = iota\n\tb\n)\n\nvar buffer bytes.Buffer\n\nvar p Point\n\n"+
			"var t reflect.Type\n\nvar unused time.Duration\n\nvar x, y = 1, len(\"ab\")\n\n"+
			"func (p *Point) ManhattanLen() float64 {\n\treturn p.X + p.Y\n}\n\n"+
			"func init() { fmt.Println(\"init\", x, str.ToUpper(\"s\")) }\n\n"+
			"func main() {\n\tflag.Parse()\n\tp := Point{3, 4}\n\tunused := time.Second\n\t_ = unused\n"+
			"\tt := reflect.TypeOf(1)\n\t_ = t\n\tx = int(p.ManhattanLen())\n\t_ = x\n}",
		"!*go vet && go build -o program && ./program", "init 1 S",
	)
	if s := c.run("!*go build -gcflags=-m"); s.error != nil ||
		!strings.Contains(s.text(), "can inline (*Point).ManhattanLen") || !strings.Contains(s.text(), "p does not escape") {
		t.Errorf("go build -gcflags=-m shows %s", s.text())
	}
	c.check(
		"const a = \"new\"\nvar y = 7\nfunc TestLen(t *testing.T) {\n"+
			"\tif (&Point{1, 2}).ManhattanLen() != 3 { t.Error(\"no\") }\n}\nfunc bad() string { return a }", "",
		"import \"net/url\"\nfunc never() int { return 1 }\ntype _ struct{}\nfunc shadow() { url := 1; _ = url }\n"+
			"var u url.URL", "",
	)
	for command, want := range map[string]string{
		"go test -cover -run Len": "% of statements", "go vet": "", "go build": "",
		"grep -c TestLen main.go main_test.go": "main.go:0\nmain_test.go:1",
	} {
		if s := c.run("!*" + command + "; true"); !strings.Contains(s.text(), want) || want == "" && s.text() != "" {
			t.Errorf("%s shows %s", command, s.text())
		}
	}
	c.check(
		"const a = 5", "", // bad does not compile any more
		"!*go vet && grep -A1 'left out' main.go", "// bad of cell […",
		"y, \"two\"", "=> (7, \"two\")", "!*go vet && grep two main.go", "_, _ = y, \"two\"",
		"var a2 = []int{1}\nlen(a2)", "=> 1", "!*go vet && grep 'len(a2)' main.go", "_ = len(a2)",
		"goto end\nend:", "", "!*go vet && grep -c end main.go", "2",
		"func main() { fmt.Println(\"mine\", y) }", "mine 7",
		"!*go run .", "init 1 S\nmine 7",
		"%exec never2\nfunc never2() { fmt.Println(\"exec\") }", "exec",
		"!*go run .", "init 1 S\nexec",
		"%rm init_log\n!*go run .", ". removed func init_log\nexec",
		"%reset\n!*go vet && cat main.go; ls main_test.go 2>&1 | wc -l",
		"* State reset: all memorized declarations discarded.\npackage main\n\nfunc main() {}\n1",
	)
}

// TestProgramAndLanguageServer: the program on disk and the cell that is being
// written are not two programs to gopls.
func TestProgramAndLanguageServer(t *testing.T) {
	if os.Getenv("GOCIFAR_TEST_GOPLS") == "" {
		t.Skip("completion needs gopls: set GOCIFAR_TEST_GOPLS to it")
	}
	c := newClient(t)
	c.check("type Record struct{ Field int }\nvar r Record\nfunc TestX(t *testing.T) {}", "", "!*go vet", "")
	for range 20 { // gopls takes its time at first
		complete, err := c.kernel.Complete(t.Context(), "r.Fi", 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(complete.Matches) == 1 && complete.Matches[0] == "Field" {
			return
		}
	}
	t.Error("a field is not proposed")
}
