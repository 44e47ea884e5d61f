package library

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

// lightLibrary is made once for all tests, or found where GOCIFAR_TEST_LIBRARY
// says.
var lightLibrary = sync.OnceValues(func() (*Library, error) {
	if dir := os.Getenv("GOCIFAR_TEST_LIBRARY"); dir != "" && Complete(dir) {
		return Open(dir)
	}
	dir := os.Getenv("GOCIFAR_TEST_LIBRARY")
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "library"); err != nil {
			return nil, err
		}
		temporary = dir
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return Build(context.Background(), dir, Options{Go: "go", Light: true})
})

var temporary string

func TestMain(m *testing.M) {
	code := m.Run()
	if temporary != "" {
		os.RemoveAll(temporary)
	}
	os.Exit(code)
}

func testLibrary(t *testing.T) *Library {
	t.Helper()
	if err := kernels.Live.Supported(); err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("-short: a library takes a while")
	}
	l, err := lightLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOpen(t *testing.T) {
	l := testLibrary(t)
	again, err := Open(l.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Packages) != len(l.Packages) || again.Packages["fmt"].Name != "fmt" || !again.Packages["fmt"].Standard {
		t.Errorf("%d packages, fmt is %+v", len(again.Packages), again.Packages["fmt"])
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "kernel setup") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestCompile(t *testing.T) {
	l := testLibrary(t)
	dir := t.TempDir()
	source := "package main\n\nimport (\n\t_ \"unsafe\"\n\t_ \"" + StubImport + "\"\n\t\"fmt\"\n)\n\n//go:linkname run " + EntryName(7) + "\nfunc run() { fmt.Println(7) }\n"
	plugin, err := NewCompiler(l, Module{}).Compile(t.Context(), dir, 7, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(plugin)
	if err != nil {
		t.Fatal(err)
	}
	// All of fmt would take megabytes.
	if info.Size() > 200_000 {
		t.Errorf("the plugin has %d bytes", info.Size())
	}
	if _, err := NewCompiler(l, Module{}).Compile(t.Context(), dir, 8, []byte(strings.Replace(source, "fmt.Println(7)", "fmt.Nothing()", 1))); err == nil || !strings.Contains(err.Error(), "Nothing") {
		t.Errorf("a mistake: %v", err)
	}
	// Where the system's linker cannot do it, the C compiler does, and the session is told.
	without := *l
	without.Linker = ""
	b := NewCompiler(&without, Module{})
	another, err := b.Compile(t.Context(), dir, 9, []byte(strings.ReplaceAll(source, EntryName(7), EntryName(9))))
	if slow := b.Slower(); err != nil || !slices.Equal(slow, []string{"linked by the C compiler"}) || len(b.Slower()) > 0 {
		t.Errorf("by the C compiler: %q, %v", slow, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "cell*"))
	if err != nil || !slices.Equal(left, []string{plugin, another}) {
		t.Errorf("left: %q, %v; want only the plugin of the cell that compiled", left, err)
	}
}

// TestInterface: what is linked against an interface must not need the library.
func TestInterface(t *testing.T) {
	l := testLibrary(t)
	dir := t.TempDir()
	source := "package main\n\nimport (\n\t_ \"unsafe\"\n\t_ \"" + StubImport + "\"\n\t\"bytes\"\n\t\"fmt\"\n\t\"sync\"\n)\n\n" +
		"type own struct{ b bytes.Buffer; m map[string][]any; w sync.WaitGroup }\n\nvar v own\n\nvar f = fmt.Sprint\n\n" +
		"//go:linkname run " + EntryName(7) + "\nfunc run() { v.b.WriteString(f(1)); fmt.Printf(\"%T\\n\", v) }\n"
	b := NewCompiler(l, Module{})
	if _, err := b.Compile(t.Context(), dir, 7, []byte(source)); err != nil {
		t.Fatal(err)
	}
	j := b.take(dir, 8)
	config, err := os.ReadFile(filepath.Join(b.configs, compileConfig))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.compile(t.Context(), []byte(source), config); err != nil {
		t.Fatal(err)
	}
	object, err := os.ReadFile(j.archive())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.linkInterface(t.Context(), j, object); err != nil {
		t.Fatal(err)
	}
	if j.byCompiler {
		t.Errorf("the C compiler linked, not %s", l.Linker)
	}
}

// FuzzObject: what is no object file, or a damaged one, is refused or left
// alone.
func FuzzObject(f *testing.F) {
	f.Add([]byte(objectMagic))
	whole := make([]byte, 400)
	copy(whole, objectMagic)
	f.Add(whole)
	source := f.TempDir() + "/x.go"
	if err := os.WriteFile(source, []byte("package x\n\ntype T struct{ a, b int }\n\nfunc (t *T) M() any { return t }\n\nvar V any = T{}\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	if _, err := output(command(f.Context(), "go", "tool", "compile", "-p", "x", "-o", source+".a", source)); err != nil {
		f.Fatal(err)
	}
	object, err := os.ReadFile(source + ".a")
	if err != nil {
		f.Fatal(err)
	}
	names, err := objectNames(object)
	if err != nil || !slices.Contains(names, "type:*x.T") {
		f.Fatalf("an object file names %q, %v", names, err)
	}
	f.Add(object)
	f.Add(compiledCell(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := len(data)
		polish(bytes.Clone(data))
		names, err := objectNames(data)
		types := func(name string) bool { return name == "type:*x.T" || name == "" }
		redirectMethods(bytes.Clone(data), types, "")
		redirectMethods(data, types, "x.(*T).M")
		if len(data) != before || err == nil && len(names) == 0 {
			t.Errorf("%d bytes become %d, with %d names and no error", before, len(data), len(names))
		}
	})
}

// TestBrokenCellCompiler: where the compiler for cells does not work, Go's own
// compiles the cell, and from then on all of the session's.
func TestBrokenCellCompiler(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "library")
	if err := os.CopyFS(dir, os.DirFS(testLibrary(t).Dir)); err != nil {
		t.Fatal(err)
	}
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(l.CompilerDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	cell := func(number int64, does string) []byte {
		return []byte("package main\n\nimport (\n\t_ \"unsafe\"\n\t_ \"" + StubImport + "\"\n)\n\n//go:linkname run " +
			EntryName(number) + "\nfunc run() { " + does + " }\n")
	}
	for broken, text := range map[string]string{
		"fails": "#!/bin/sh\necho 'internal compiler error'\nexit 2\n", "cannot be started": "\x7fELF", "makes nothing": "#!/bin/sh\n",
	} {
		t.Run(broken, func(t *testing.T) {
			if err := os.WriteFile(l.cellCompiler(), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			b := NewCompiler(l, Module{})
			plugin, err := b.Compile(t.Context(), t.TempDir(), 1, cell(1, "println(1)"))
			if slow := b.Slower(); err != nil || !slices.Equal(slow, []string{"compiled again by Go's own compiler"}) {
				t.Errorf("the first cell: %q, %v", slow, err)
			}
			if _, err := os.Stat(plugin); err != nil {
				t.Error(err)
			}
			if _, err = b.Compile(t.Context(), t.TempDir(), 2, cell(2, "println(2)")); err != nil || len(b.Slower()) > 0 {
				t.Errorf("the next cell: %v", err)
			}
			b = NewCompiler(l, Module{})
			if _, err := b.Compile(t.Context(), t.TempDir(), 3, cell(3, "nothing()")); err == nil || !strings.Contains(err.Error(), "undefined: nothing") {
				t.Errorf("a mistake: %v", err)
			}
		})
	}
}
