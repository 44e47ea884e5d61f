// Package enginetest makes a library for the tests of packages that run cells.
package enginetest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

// Embedding is a package of the library that is there for tests.
const Embedding = "github.com/gocifar/gocifar/kernel/internal/engine/testdata/embedding"

// Build makes a small library in dir, of the checkout in root.
func Build(ctx context.Context, dir, root string) (*library.Library, error) {
	return library.Build(ctx, dir, library.Options{Go: "go", Root: root, Light: true, Packages: []string{Embedding}})
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
// was made before.
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
			return
		}
		if l.dir, l.err = os.MkdirTemp("", "live-library"); l.err == nil {
			l.made, l.err = Build(context.Background(), l.dir, l.Root)
		}
	})
	if l.err != nil {
		t.Fatal(l.err)
	}
	return l.made
}

// Remove removes what Get has made.
func (l *Library) Remove() { os.RemoveAll(l.dir) }
