// Package library makes the shared libraries on which live cells run, and
// compiles and links cells against them.
//
// The library holds Go's standard library, complete: one for each version of
// Go. Packages of modules are layers on top of it, which are made when a cell
// imports the packages, and kept. A cell takes everything from these and so has
// a few kilobytes, where a plugin made by `go build -buildmode=plugin` repeats
// all that it uses: 30 MB with GoMLX.
package library

import (
	"path/filepath"
	"slices"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Import paths of the parts that are linked in a way of their own.
const (
	ourModule     = "github.com/gocifar/gocifar"
	hostPackage   = ourModule + "/kernel/internal/engine/host"
	mainPackage   = hostPackage + "/main"
	stubPackage   = hostPackage + "/stub"
	modulePackage = hostPackage + "/module"
)

// Tag is the build tag of the code that only links into a library.
const Tag = "gocifar_live"

// Package is a package that cells can import.
type Package struct {
	Name     string
	Standard bool
	// Export is the file with its export data, relative to the folder of the
	// library or layer.
	Export string
	// Sum tells versions of it apart.
	Sum string
	// Dir is the folder of its source.
	Dir string
}

// Library is a library on disk.
type Library struct {
	// Dir is the folder that holds it.
	Dir string `json:"-"`
	// Go is the go command that built it, GoVersion its version.
	Go, GoVersion string
	// Tools is the folder of the compiler and the linker.
	Tools string
	// Language is the Go version that cells are written in: "go1.26".
	Language string
	// CC is the C compiler, which links the library and what has C code.
	CC []string
	// Linker is the system's linker, if CC names it (see linkDirectly).
	Linker string
	// Tags are the user's build tags, as -tags takes them.
	Tags string
	// ID tells libraries apart: what was linked against one does not run on
	// another.
	ID string
	// Modified are files of Go's standard library that are others in the
	// library, with their names in its folder (see overlay.go).
	Modified map[string]string
	// Packages by import path.
	Packages map[string]*Package
	// Files are what all the others in the folder were when they were made.
	Files []seal.File

	indexed func() (*libraryIndex, error)
}

const (
	description = "library.json"
	sharedName  = "libcells.so"
	hostName    = "host"
	stubName    = "stub.a"
)

// Open reads the library in dir, whose files must have the sizes that they were
// made with: the linker ends with a trace of its own insides at a truncated
// one.
func Open(dir string) (*Library, error) {
	l, err := read(dir)
	if err != nil {
		return nil, refusal(dir, err)
	}
	if err := l.verify(false); err != nil {
		return nil, refusal(dir, err)
	}
	l.indexed = sync.OnceValues(func() (*libraryIndex, error) { return readIndex(l.shared()) })
	return l, nil
}

// Host is the program that runs cells.
func (l *Library) Host() string { return filepath.Join(l.Dir, hostName) }

func (l *Library) shared() string { return filepath.Join(l.Dir, sharedName) }

// tool is the path of the compiler or the linker.
func (l *Library) tool(name string) string { return filepath.Join(l.Tools, name) }

// paths are the import paths of packages, sorted.
func paths[P any](packages map[string]P) []string {
	list := make([]string, 0, len(packages))
	for path := range packages {
		list = append(list, path)
	}
	slices.Sort(list)
	return list
}
