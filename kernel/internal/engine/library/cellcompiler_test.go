package library_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/library/sharedsyms"
)

// TestCellCompiler compares what the compiler for cells makes of a program with
// what Go's makes: the same functions, but for those that the library has.
func TestCellCompiler(t *testing.T) {
	if os.Getenv("GOCIFAR_TEST_COMPILER") == "" {
		t.Skip("builds a compiler, which takes a minute: set GOCIFAR_TEST_COMPILER=1")
	}
	made := enginetest.Library{Root: "../../../.."}
	t.Cleanup(made.Remove)
	l := made.Get(t)
	program, err := enginetest.BuildCompiler(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	const source = `package main

import (
	"fmt"
	"reflect"
	"sync/atomic"
)

type box[T any] struct{ v T }

func (b *box[T]) get() T { return b.v }

type embedding struct{ box[int] }

var t reflect.Type

func main() {
	var p atomic.Pointer[reflect.Type]
	p.Store(&t)
	e := embedding{box[int]{3}}
	fmt.Println(*p.Load(), e.get(), any(e))
}
`
	plain := functions(t, filepath.Join(l.Tools, "compile"), l, source)
	short := functions(t, program, l, source, sharedsyms.Variable+"="+filepath.Join(l.Dir, "symbols"))
	// The methods of a reflect.Type for generic code, which every package has that mentions one.
	common := func(f string) bool { return strings.HasPrefix(f, "go.shape.") }
	if !slices.ContainsFunc(plain, common) || slices.ContainsFunc(short, common) {
		t.Errorf("Go's compiler made %d functions:\n%s\nthe one for cells %d:\n%s", len(plain), strings.Join(plain, "\n"),
			len(short), strings.Join(short, "\n"))
	}
	foreign := func(f string) bool { return !strings.HasPrefix(f, "main.") }
	own, kept := slices.DeleteFunc(slices.Clone(plain), foreign), slices.DeleteFunc(slices.Clone(short), foreign)
	if len(own) < 4 || !slices.Equal(own, kept) {
		t.Errorf("the program's functions and their sizes by Go's compiler:\n%s\nby the one for cells:\n%s",
			strings.Join(own, "\n"), strings.Join(kept, "\n"))
	}
	if all := functions(t, program, l, source); !slices.Equal(all, plain) {
		t.Errorf("without lists of symbols there are %d functions, Go's compiler makes %d", len(all), len(plain))
	}
}

// functions compiles a program as a cell is compiled, and lists its functions
// with their sizes.
func functions(t *testing.T, compiler string, l *library.Library, source string, env ...string) (list []string) {
	t.Helper()
	dir := t.TempDir()
	file, archive := filepath.Join(dir, "cell.go"), filepath.Join(dir, "cell.a")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), compiler, "-importcfg="+filepath.Join(l.Dir, "importcfg.compile"), "-o", archive,
		"-p", "main", "-dynlink", "-linkshared", "-pack", "-dwarf=false", "-trimpath="+dir, file)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), l.Go, "tool", "nm", "-size", archive).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		// An address, the size, the kind, and the name, which may have spaces.
		if address, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && address != "U" {
			if size, name, ok := strings.Cut(strings.TrimSpace(rest), " T "); ok {
				list = append(list, name+" "+size)
			}
		}
	}
	slices.Sort(list)
	return list
}
