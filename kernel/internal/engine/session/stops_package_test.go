package session_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
)

var hookedFiles = map[string]string{
	"/m/p/a.go": "package p\n\nimport \"strings\"\n\ntype hidden struct{ n int }\n\n// F is here.\nfunc F(s string) int {\n" +
		"\th := hidden{1}\n\tfor _, r := range s {\n\t\th.n += int(r)\n\t}\n\treturn h.n + len(strings.Repeat(s, 2))\n}\n",
	"/m/p/b.go": "package p\n\nfunc Map[T any](list []T, f func(T) T) {\n\tfor i := range list {\n\t\tlist[i] = f(list[i])\n" +
		"\t}\n}\n\n//go:nosplit\nfunc quick() {\n\tprint(1)\n}\n",
	"/m/p/c.go": "package p\n\nconst C = 1\n",
}

// TestHookPackage puts hooks into a package: the texts are a package again, with
// statements at the lines that they had, and FileStops lists those with hooks.
func TestHookPackage(t *testing.T) {
	source := library.Source{Path: "m.org/p", Name: "p", Dir: "/m/p", Files: hookedFiles,
		Importer: importer.ForCompiler(token.NewFileSet(), "source", nil)}
	h, err := session.HookPackage(source)
	if err != nil {
		t.Fatal(err)
	}
	if h.Program >= 0 || !strings.HasPrefix(h.Symbol, "m.org/p.gocell_hit_") || h.Bytes < len(h.Sites) {
		t.Errorf("the package is %+v", h)
	}
	at := map[string][]int{}
	for _, s := range h.Sites {
		at[h.Files[s.Cell-1]] = append(at[h.Files[s.Cell-1]], s.Line)
	}
	for path, text := range hookedFiles {
		lines, err := session.FileStops(text)
		if err != nil || !slices.Equal(at[path], lines) {
			t.Errorf("%s has hooks at %v, and statements at %v, %v", path, at[path], lines, err)
		}
		if (h.Texts[path] != "") != (len(lines) > 0) {
			t.Errorf("%s has become\n%s", path, h.Texts[path])
		}
	}
	files := token.NewFileSet()
	var list []*ast.File
	for path, text := range h.Texts {
		file, err := parser.ParseFile(files, path, text, parser.ParseComments)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		list = append(list, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok && path == "/m/p/a.go" && files.Position(r.Pos()).Line != 13 {
				t.Errorf("the return statement is at %s", files.Position(r.Pos()))
			}
			return true
		})
	}
	config := types.Config{Importer: source.Importer}
	if _, err := config.Check("m.org/p", files, list, nil); err != nil {
		t.Errorf("%v\n%s", err, fmt.Sprint(h.Texts))
	}
	again, err := session.HookPackage(source)
	if err != nil || again.Program != h.Program || again.Symbol != h.Symbol {
		t.Error("the same texts have hooks of other names")
	}
	other := source
	other.Files = map[string]string{"/m/p/a.go": strings.Replace(hookedFiles["/m/p/a.go"], "{1}", "{2}", 1)}
	if again, err = session.HookPackage(other); err != nil || again.Symbol == h.Symbol {
		t.Errorf("other texts have hooks of the same names, %v", err)
	}
	other.Files = map[string]string{"/m/p/c.go": hookedFiles["/m/p/c.go"]}
	if _, err = session.HookPackage(other); err == nil {
		t.Error("a package without functions has hooks")
	}
}

// TestHookPackagesOfOthers puts hooks into packages of Go's own, which stay
// correct: variables of all kinds are in scope somewhere, and statements where
// nothing more may be declared.
func TestHookPackagesOfOthers(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: packages are checked from their sources")
	}
	files := token.NewFileSet()
	from := importer.ForCompiler(files, "source", nil)
	for _, path := range []string{"container/list", "sort", "slices", "strings", "bufio", "text/tabwriter", "go/printer",
		"text/template", "encoding/json", "math/big", "regexp/syntax", "compress/flate", "encoding/asn1"} {
		p, err := build.Import(path, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		source := library.Source{Path: path, Name: p.Name, Dir: p.Dir, Files: map[string]string{}, Importer: from}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			source.Files[filepath.Join(p.Dir, name)] = string(text)
		}
		h, err := session.HookPackage(source)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		all := maps.Clone(source.Files)
		maps.Copy(all, h.Texts)
		var list []*ast.File
		for name, text := range all {
			file, err := parser.ParseFile(files, name, text, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, file)
			lines, err := session.FileStops(source.Files[name])
			differ := map[int]bool{} // where there is one of a breakpoint and a hook
			for _, line := range lines {
				differ[line] = true
			}
			for _, s := range h.Sites {
				if h.Files[s.Cell-1] == name {
					differ[s.Line] = !slices.Contains(lines, s.Line)
				}
			}
			maps.DeleteFunc(differ, func(_ int, yes bool) bool { return !yes })
			if source.Files[name] != "" && (err != nil || len(differ) > 0) {
				t.Errorf("%s: breakpoints are not where hooks are: %v, %v", name, differ, err)
			}
		}
		var wrong error
		config := types.Config{Importer: from, Error: func(err error) {
			if wrong == nil && !strings.Contains(err.Error(), "missing function body") {
				wrong = err
			}
		}}
		_, _ = config.Check(path, files, list, nil) // functions in assembly have no bodies
		if wrong != nil || len(h.Sites) < 20 {
			t.Errorf("%s has %d hooks: %v", path, len(h.Sites), wrong)
		}
	}
}
