package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	goprinter "go/printer"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// peerModule is a module of other people, as testdata/modules.txt names it.
type peerModule struct {
	path, version string
	// kind is "", or how the module stands on the disk: "vendor", "replace", or
	// "work" with another module beside it.
	kind     string
	packages []string // below the module, "." for the module itself
}

// TestModules opens modules of other people as a user would who works on them:
// imports packages, runs the examples of their documentation, edits a function
// and calls it again. GOCIFAR_MODULES is the word all, or names of modules with
// commas between. The table goes to the log; .ci/modules makes the whole of it.
func TestModules(t *testing.T) {
	which := os.Getenv("GOCIFAR_MODULES")
	if which == "" {
		t.Skip("GOCIFAR_MODULES names no modules")
	}
	l := enginetest.Full(t)
	table := "| module | packages | prompt, first | again | first cell | again | examples | edit to result |\n" +
		"|---|---|---|---|---|---|---|---|\n"
	for _, m := range readModules(t) {
		if which != "all" && !slices.Contains(strings.Split(which, ","), m.path) {
			continue
		}
		t.Run(m.path+m.kind, func(t *testing.T) { table += m.try(t, l) })
	}
	t.Log("\n" + table)
}

func readModules(t *testing.T) (list []peerModule) {
	text, err := os.ReadFile("testdata/modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		var m peerModule
		m.path, m.version, _ = strings.Cut(fields[0], "@")
		for _, field := range fields[1:] {
			if kind, ok := strings.CutPrefix(field, "+"); ok {
				m.kind = kind
			} else {
				m.packages = append(m.packages, field)
			}
		}
		list = append(list, m)
	}
	return list
}

// try returns the module's row of the table.
func (m peerModule) try(t *testing.T, l *library.Library) string {
	dir := m.checkOut(t)
	probe := filepath.Join(dir, m.packages[0], "gocifar_probe.go")
	write := func(answer string) {
		text := fmt.Sprintf("package %s\n\nfunc GocifarProbe() string { return %q }\n", packageName(t, filepath.Dir(probe)), answer)
		if err := os.WriteFile(probe, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	time.Sleep(50 * time.Millisecond)
	var imports strings.Builder
	imports.WriteString("import (\n")
	for i, p := range m.packages {
		name := "_"
		if i == 0 {
			name = "probed"
		}
		fmt.Fprintf(&imports, "\t%s %q\n", name, m.importPath(p))
	}
	imports.WriteString(")\n%%\nprobed.GocifarProbe()")
	first, prompt, cell := m.begin(t, l, dir, imports.String())
	first.close()
	n, promptAgain, cellAgain := m.begin(t, l, dir, imports.String())
	write("two")
	start := time.Now()
	shows, stderr := n.both("probed.GocifarProbe()")
	edit := time.Since(start)
	if shows != "=> two" || !strings.Contains(stderr, "changed on disk") || strings.Contains(stderr, "cannot be compiled") {
		t.Errorf("after an edit the cell shows %s\n%s", shows, stderr)
	}
	passed, all := m.examples(t, l, dir)
	p, a := m.cells(t, l, dir)
	passed, all = passed+p, all+a
	return fmt.Sprintf("| %s@%s %s | %d | %.1f s | %.1f s | %.1f s | %.1f s | %d of %d | %.1f s |\n",
		m.path, m.version, m.kind, len(m.packages), prompt.Seconds(), promptAgain.Seconds(), cell.Seconds(),
		cellAgain.Seconds(), passed, all, edit.Seconds())
}

// begin opens a session and runs its first cell. It says how long the prompt took
// to come, and how long the cell takes.
func (m peerModule) begin(t *testing.T, l *library.Library, dir, code string) (n *notebook, prompt, cell time.Duration) {
	t.Helper()
	start := time.Now()
	n = m.open(t, l, dir)
	prompt = time.Since(start)
	start = time.Now()
	shows, stderr := n.both(code)
	if shows != "=> one" || stderr != "" && !strings.Contains(stderr, "which happens once") {
		t.Fatalf("the first cell shows %s\n%s", shows, stderr)
	}
	return n, prompt, time.Since(start)
}

func (m peerModule) importPath(p string) string {
	if p == "." {
		return m.path
	}
	return m.path + "/" + p
}

func (m peerModule) open(t *testing.T, l *library.Library, dir string) *notebook {
	t.Helper()
	n := &notebook{t: t, home: dir, limit: 10 * time.Minute}
	place, err := library.FindModule(t.Context(), "go", dir)
	if err != nil {
		t.Fatal(err)
	}
	if n.Engine, err = Open(t.Context(), Options{Library: l.Dir, Module: place, Front: n, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	return n
}

// checkOut copies the module out of the cache, as a user has it.
func (m peerModule) checkOut(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, "module")
	copyModule(t, m.path+"@"+m.version, dir)
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	switch m.kind {
	case "vendor":
		run("mod", "vendor")
	case "replace", "work":
		// The module's first direct dependency becomes a folder beside it.
		out, err := exec.CommandContext(t.Context(), "go", "-C", dir, "list", "-mod=mod", "-m", "-f",
			"{{if not (or .Indirect .Main)}}{{.Path}} {{.Version}}{{end}}", "all").Output()
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(out))
		copyModule(t, fields[0]+"@"+fields[1], filepath.Join(top, "other"))
		if m.kind == "replace" {
			run("mod", "edit", "-replace", fields[0]+"=../other")
		} else {
			dir = top
			run("work", "init", "./module", "./other")
			dir = filepath.Join(top, "module")
		}
	}
	return dir
}

func copyModule(t *testing.T, module, to string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module)
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%s cannot be had: %v\n%s", module, err, out)
	}
	var info struct{ Dir string }
	if err := json.Unmarshal(out, &info); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "cp", "-r", "--no-preserve=mode", info.Dir, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func packageName(t *testing.T, dir string) string {
	t.Helper()
	for _, file := range goFiles(t, dir, false) {
		return file.Name.Name
	}
	t.Fatalf("%s has no Go file", dir)
	return ""
}

func goFiles(t *testing.T, dir string, tests bool) (files []*ast.File) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") != tests {
			continue
		}
		file, err := parser.ParseFile(fileSet, name, nil, parser.ParseComments)
		if err == nil && file.Name.Name != "main" {
			files = append(files, file)
		}
	}
	return files
}

var fileSet = token.NewFileSet()

// examples runs the module's own examples that say what they print, each in a
// cell.
func (m peerModule) examples(t *testing.T, l *library.Library, dir string) (passed, all int) {
	const most = 40 // of a package
	for _, p := range m.packages {
		n := m.open(t, l, filepath.Join(dir, p))
		count := 0
		files := goFiles(t, filepath.Join(dir, p), true)
		for _, example := range doc.Examples(files...) {
			if example.Output == "" || count == most || needsTests(example, files) {
				continue
			}
			count++
			cell := m.exampleCell(t, p, example)
			// An example's own types are those of a program here.
			example.Output = strings.ReplaceAll(example.Output, filepath.Base(m.importPath(p))+"_test.", "main.")
			if shows, stderr := n.both(cell); !sameOutput(shows, example.Output, example.Unordered) {
				t.Errorf("example %s of %s shows\n%s\n%s\nwant\n%s\nin the cell\n%s", example.Name, p, shows, stderr,
					example.Output, cell)
			} else {
				passed++
			}
		}
		all += count
		n.close()
	}
	return passed, all
}

// cells runs what the module's documentation shows outside of examples that say
// what they print: testdata/modules has it as cells.
func (m peerModule) cells(t *testing.T, l *library.Library, dir string) (passed, all int) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "modules", path.Base(m.path)+".txtar"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0
	}
	if err != nil {
		t.Fatal(err)
	}
	n := m.open(t, l, dir)
	defer n.close()
	for section := range slices.Chunk(archive.Files, 2) {
		cell, want := string(section[0].Data), strings.TrimSpace(string(section[1].Data))
		if shows, stderr := n.both(cell); strings.TrimSpace(shows) != want {
			t.Errorf("cell\n%s\nshows\n%s\n%s\nwant\n%s", cell, shows, stderr, want)
		} else {
			passed++
		}
		all++
	}
	return passed, all
}

// needsTests tells whether an example uses what other tests of its package
// declare. The program that go/doc makes of an example has the declarations of
// its own file alone.
func needsTests(example *doc.Example, files []*ast.File) (needs bool) {
	declared := map[string]bool{}
	for _, file := range files {
		for name := range file.Scope.Objects {
			declared[name] = true
		}
	}
	code := example.Code
	if example.Play != nil {
		code = example.Play
		for name := range declarations(example.Play) {
			delete(declared, name)
		}
	}
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // a field may have any name
			ast.Inspect(n.X, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				needs = needs || ok && declared[id.Name]
				return true
			})
			return false
		case *ast.Ident:
			needs = needs || declared[n.Name]
		}
		return true
	})
	return needs
}

// declarations are the names that a program declares, also in functions.
func declarations(program *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(program, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names[n.Name.Name] = true
		case *ast.TypeSpec:
			names[n.Name.Name] = true
		case *ast.ValueSpec:
			for _, name := range n.Names {
				names[name.Name] = true
			}
		case *ast.Field:
			for _, name := range n.Names {
				names[name.Name] = true
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if id, ok := left.(*ast.Ident); ok && n.Tok == token.DEFINE {
					names[id.Name] = true
				}
			}
		}
		return true
	})
	return names
}

// exampleCell is the program that go/doc makes of an example, or else its
// statements: it does not make one within the package itself.
func (m peerModule) exampleCell(t *testing.T, p string, example *doc.Example) string {
	t.Helper()
	var node any = example.Play
	before := ""
	if example.Play == nil {
		node, before = example.Code, fmt.Sprintf("import . %q\n%%%%\n", m.importPath(p))
	}
	var text bytes.Buffer
	if err := goprinter.Fprint(&text, fileSet, node); err != nil {
		t.Fatal(err)
	}
	return before + text.String()
}

func sameOutput(got, want string, unordered bool) bool {
	lines := func(text string) []string {
		list := strings.Split(strings.TrimSpace(text), "\n")
		for i := range list {
			list[i] = strings.TrimRight(list[i], " \t")
		}
		if unordered {
			slices.Sort(list)
		}
		return list
	}
	return slices.Equal(lines(got), lines(want))
}
