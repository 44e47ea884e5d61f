package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// writeFiles writes files below a new folder, by their names.
func writeFiles(t *testing.T, files map[string]string) (dir string) {
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// coveredModule has a package in a folder with a dot, one with C code, a generic
// function, and functions that nobody calls.
var coveredModule = map[string]string{
	"go.mod": "module example.com/shop\n\ngo 1.26\n",
	"shop.go": `// Package shop is for a test.
package shop

import (
	"example.com/shop/native"
	"example.com/shop/tax.v2"
)

// Price is what a customer pays.
func Price(net int, child bool) int {
	if child {
		return net
	}
	return native.Sum(net, tax.On(net))
}

// Map calls f.
func Map[T any](list []T, f func(T) T) (out []T) {
	for _, x := range list {
		out = append(out, f(x))
	}
	return out
}

// Unused is not called.
func Unused() int { return 1 }
`,
	"native/sum.go": `// Package native calls C.
package native

/*
#include <stdint.h>

static int64_t sum(int64_t a, int64_t b) { return a + b; }
*/
import "C"

// Sum adds in C.
func Sum(a, b int) int {
	if b == 0 {
		return a
	}
	return int(C.sum(C.int64_t(a), C.int64_t(b)))
}
`,
	"native/plain.go": "package native\n\nfunc Twice(n int) int {\n\treturn Sum(n, n)\n}\n",
	"tax.v2/tax.go":   "package tax\n\nfunc On(net int) int {\n\tif net < 0 {\n\t\tpanic(\"negative\")\n\t}\n\treturn net / 5\n}\n",
}

// TestCoverage compares the profile with what `go test` says of the same calls,
// and has Go's own tool read it.
func TestCoverage(t *testing.T) {
	dir := writeFiles(t, coveredModule)
	profile := filepath.Join(t.TempDir(), "cover.out")
	n := &notebook{t: t, home: dir}
	var err error
	n.Engine, err = Open(t.Context(), Options{Library: testLibrary.Get(t).Dir, Module: library.Module{Dir: dir}, Front: n, Dir: dir,
		CoverProfile: profile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	read := func() string {
		t.Helper()
		text, err := os.ReadFile(profile)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := n.run("1"); got != "=> 1" || read() != "mode: set\n" {
		t.Errorf("before anything is imported: %s, %s", got, read())
	}
	if got := n.run("import \"example.com/shop\"\nshop.Price(100, true)"); got != "=> 100" {
		t.Fatal(got)
	}
	before := read()
	if got := n.run("shop.Price(100, false), shop.Map([]int{1}, func(x int) int { return x + 1 })"); got != "=> (120, [2])" {
		t.Fatal(got)
	}
	after := read()
	// The same calls in a test.
	test := "package shop\n\nimport \"testing\"\n\nfunc TestCalls(*testing.T) {\n\tPrice(100, true)\n%s}\n"
	for _, c := range []struct{ calls, ours string }{{"", before},
		{"\tPrice(100, false)\n\tMap([]int{1}, func(x int) int { return x + 1 })\n", after}} {
		if err := os.WriteFile(filepath.Join(dir, "shop_test.go"), []byte(strings.Replace(test, "%s", c.calls, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		theirs := filepath.Join(t.TempDir(), "theirs.out")
		cmd := exec.CommandContext(t.Context(), "go", "test", "-covermode=set", "-coverpkg=./...", "-coverprofile="+theirs, ".")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		want, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := sorted(c.ours), sorted(string(want)); got != want {
			t.Errorf("the profile is\n%s\ngo test's is\n%s", got, want)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "tool", "cover", "-func="+profile)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || !regexp.MustCompile(`(?m)shop\.go:\d+:\s+Price\s+100\.0%`).Match(out) ||
		!regexp.MustCompile(`Unused\s+0\.0%`).Match(out) {
		t.Errorf("go tool cover: %v\n%s", err, out)
	}
	// A panic is told with the line of the file as it is.
	if got := n.run("import tax \"example.com/shop/tax.v2\"\ntax.On(-1)"); !strings.Contains(got, "Panic: negative") {
		t.Errorf("a panic in a package with counters: %s", got)
	}
	if got := read(); !strings.Contains(got, "example.com/shop/tax.v2/tax.go:4.13,5.20 1 1\n") {
		t.Errorf("what panicked has not run: %s", got)
	}
}

// sorted are the lines of a profile in order.
func sorted(profile string) string {
	lines := strings.Split(strings.TrimSpace(profile), "\n")
	seen := map[string]bool{}
	var out []string
	for _, line := range lines[1:] {
		if !seen[line] {
			seen[line] = true
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestCoverageCannotBeWritten: a cell goes on, and the user is told once.
func TestCoverageCannotBeWritten(t *testing.T) {
	n := &notebook{t: t, home: t.TempDir()}
	var err error
	n.Engine, err = Open(t.Context(), Options{Library: testLibrary.Get(t).Dir, Module: testLibrary.Module(), Front: n, Dir: n.home,
		CoverProfile: "/nowhere/at/all"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	for i, want := range []bool{true, false} {
		if got, stderr := n.both("1 + 1"); got != "=> 2" || strings.Contains(stderr, "/nowhere/at/all") != want {
			t.Errorf("cell %d: %s, %s", i, got, stderr)
		}
	}
}
