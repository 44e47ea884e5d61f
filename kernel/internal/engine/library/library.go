// Package library makes the shared library on which live cells run, and
// compiles and links cells against it.
//
// The library holds Go's standard library and every package that notebooks may
// import, complete. A cell takes everything from it and so has a few kilobytes,
// where a plugin made by `go build -buildmode=plugin` repeats all that it uses:
// 30 MB with GoMLX.
package library

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Import paths of the parts that are linked in a way of their own.
const (
	hostPackage   = "github.com/gocifar/gocifar/kernel/internal/engine/host"
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
	// Export is the file with its export data, relative to the library's
	// folder, or absolute for packages that are not in the library.
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
	// Root is the checkout whose packages are in the library.
	Root string
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
		return nil, refusal(dir, "", err)
	}
	if err := l.verify(false); err != nil {
		return nil, refusal(dir, l.Root, err)
	}
	l.indexed = sync.OnceValues(func() (*libraryIndex, error) { return readIndex(l.shared()) })
	return l, nil
}

// Host is the program that runs cells.
func (l *Library) Host() string { return filepath.Join(l.Dir, hostName) }

func (l *Library) shared() string { return filepath.Join(l.Dir, sharedName) }

// export is the file with a package's export data.
func (l *Library) export(p *Package) string {
	if filepath.IsAbs(p.Export) {
		return p.Export
	}
	return filepath.Join(l.Dir, p.Export)
}

// ExportFile returns the file with the export data of a package that cells can
// import.
func (l *Library) ExportFile(path string) (string, error) {
	if path == stubPackage {
		return filepath.Join(l.Dir, stubName), nil
	}
	p := l.Packages[path]
	if p == nil {
		return "", fmt.Errorf("package %s is not in the library", path)
	}
	return l.export(p), nil
}

// tool is the path of the compiler or the linker.
func (l *Library) tool(name string) string { return filepath.Join(l.Tools, name) }

// paths are the import paths of packages, sorted.
func paths(packages map[string]*Package) []string {
	list := make([]string, 0, len(packages))
	for path := range packages {
		list = append(list, path)
	}
	slices.Sort(list)
	return list
}

var errNoPackages = errors.New("go list found no packages")
