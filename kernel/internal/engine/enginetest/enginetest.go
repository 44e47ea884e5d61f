// Package enginetest makes a library for the tests of packages that run cells.
package enginetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

// Embedding is a package of this module that is there for tests.
const Embedding = "github.com/gocifar/gocifar/kernel/internal/engine/testdata/embedding"

// Build makes a small library in dir.
func Build(ctx context.Context, dir string) (*library.Library, error) {
	return library.Build(ctx, dir, library.Options{Go: "go", Light: true})
}

// A Library is made when a test needs it, once for all tests of a package.
type Library struct {
	// Root is the checkout as seen from the package.
	Root string

	once sync.Once
	made *library.Library
	dir  string
	err  error
}

// Get returns the library. GOCIFAR_TEST_LIBRARY may name a folder with one that
// was made before. If GOCIFAR_TEST_COMPILER is set, cells are compiled by the
// compiler for cells, which is built first.
func (l *Library) Get(t testing.TB) *library.Library {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: a library for live cells takes a while")
	}
	if err := kernels.Live.Supported(); err != nil {
		t.Skip(err)
	}
	l.once.Do(func() {
		if dir := os.Getenv("GOCIFAR_TEST_LIBRARY"); dir != "" && library.Complete(dir) {
			l.made, l.err = library.Open(dir)
			l.addCompiler()
			return
		}
		if l.dir, l.err = os.MkdirTemp("", "live-library"); l.err == nil {
			l.err = os.Mkdir(filepath.Join(l.dir, "library"), 0o755)
		}
		if l.err == nil {
			l.made, l.err = Build(context.Background(), filepath.Join(l.dir, "library"))
		}
		l.addCompiler()
	})
	if l.err != nil {
		t.Fatal(l.err)
	}
	return l.made
}

func (l *Library) addCompiler() {
	if l.err == nil && os.Getenv("GOCIFAR_TEST_COMPILER") != "" {
		_, l.err = BuildCompiler(context.Background(), l.made)
	}
}

// BuildCompiler builds the compiler for cells beside a library, unless it is
// there, and returns the program.
func BuildCompiler(ctx context.Context, l *library.Library) (program string, err error) {
	work, err := os.MkdirTemp("", "compiler")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	args, env, err := l.CompilerBuild(work, l.CompilerDir())
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, l.Go, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the compiler for cells: %w: %s", err, out)
	}
	return filepath.Join(l.CompilerDir(), "compile"), nil
}

// Module is this module, from which cells import.
func (l *Library) Module() library.Module {
	root, err := filepath.Abs(l.Root)
	if err != nil {
		panic(err)
	}
	return library.Module{Dir: root}
}

// Remove removes what Get has made.
func (l *Library) Remove() { os.RemoveAll(l.dir) }

// Full returns a library with all of the standard library: the one in the folder
// that GOCIFAR_CORPUS_LIBRARY names, which is made there if it is not, or one for
// the test alone.
func Full(t *testing.T) *library.Library {
	t.Helper()
	dir := os.Getenv("GOCIFAR_CORPUS_LIBRARY")
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "library")
	}
	l, err := library.Open(dir)
	if err != nil {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		l, err = library.Build(t.Context(), dir, library.Options{Go: "go"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}
