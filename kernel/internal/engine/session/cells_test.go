package session_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// TestCells shows the Go files that cells become, and the mistakes that are
// found in cells, in testdata/cells. What all files have in common is left out.
func TestCells(t *testing.T) {
	tools := testTools(t)
	enginetest.RunNotebooks(t, "testdata/cells/*.txtar", func(t *testing.T) func(string) []enginetest.Section {
		s, number := session.New(tools), int64(0)
		return func(code string) (list []enginetest.Section) {
			add := func(name, text string) {
				if text != "" {
					list = append(list, enginetest.Section{Name: name, Data: []byte(strings.TrimSpace(text) + "\n")})
				}
			}
			number++
			if code == "// the process ends" {
				s.Restart("because the process ended")
				return nil
			}
			p, err := s.Prepare(number, gocell.Parse(code).Sort(), code)
			var mistakes *session.Error
			switch {
			case errors.As(err, &mistakes):
				for _, d := range mistakes.Diagnostics {
					add("error", mistakes.Class+": "+d.Text())
				}
			case err != nil:
				add("error", err.Error())
			default:
				add("note", strings.Join(p.Notices, "\n"))
				add("go", own(string(p.Source), number))
				s.Commit(p)
			}
			return list
		}
	})
}

// own is a generated file without what every file has.
func own(source string, number int64) string {
	for _, common := range []string{
		fmt.Sprintf("\t_ \"unsafe\"\n\t_ %q\n\tgocell_host %q\n", library.StubImport, library.HostImport),
		"var _ = gocell_host.Poll\n\n", fmt.Sprintf("//go:linkname gocell_main %s\n", library.EntryName(number)),
		"func gocell_main() { main() }\n\n", "package main\n\n", "import (\n)\n\n", "/*line gocell:1:1*/\n",
	} {
		source = strings.ReplaceAll(source, common, "")
	}
	return source
}

// tools are Go's own, and packages from the build cache: no library is needed.
type tools struct {
	packages map[string]listed
}

type listed struct {
	name, export string
	standard     bool
}

var listPackages = sync.OnceValues(func() (*tools, error) {
	// Export data is what the host has with the tag, without being linked.
	args := []string{"list", "-export", "-deps", "-tags", library.Tag, "-f",
		"{{.ImportPath}} {{.Name}} {{.Standard}} {{.Export}}",
		library.HostImport, library.StubImport,
		"bytes", "crypto/rand", "errors", "flag", "fmt", "math/rand", "os", "strings", "testing", "time"}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	t := &tools{packages: map[string]listed{}}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 4 {
			t.packages[f[0]] = listed{f[1], f[3], f[2] == "true"}
		}
	}
	return t, nil
})

func testTools(t *testing.T) *tools {
	tools, err := listPackages()
	if err != nil {
		t.Fatal(err)
	}
	return tools
}

func (*tools) Language() string { return "go1.26" }

func (t *tools) PackageName(path string) (string, bool) {
	p, ok := t.packages[path]
	return p.name, ok
}

func (t *tools) Named(name string) map[string]bool {
	found := map[string]bool{}
	for path, p := range t.packages {
		if p.name == name {
			found[path] = p.standard
		}
	}
	return found
}

// ActualPath is the path itself.
func (*tools) ActualPath(path string) string { return path }

func (t *tools) ExportFile(path string) (string, error) {
	p, ok := t.packages[path]
	if !ok {
		return "", fmt.Errorf("package %s is not listed", path)
	}
	return p.export, nil
}

func (*tools) Complaints(text string) string {
	dir, err := os.MkdirTemp("", "complaints")
	if err != nil {
		return ""
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "cell.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return ""
	}
	compile := exec.Command("go", "tool", "compile", "-o", filepath.Join(dir, "cell.a"), "-p", "main", file)
	out, _ := compile.CombinedOutput()
	return string(out)
}
