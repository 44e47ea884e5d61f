package session

import (
	"go/token"
	"go/types"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// Toolchain is what a session has to know of the tools that compile its cells.
type Toolchain interface {
	// Language is the Go version that cells are written in: "go1.26".
	Language() string
	// PackageName returns the name of a package that cells can import.
	PackageName(path string) (name string, ok bool)
	// Named lists the packages of a name that cells can import, by path, and
	// whether they are the standard library's.
	Named(name string) (standard map[string]bool)
	// ActualPath is the path under which cells get a package: another one after
	// the package has come in anew.
	ActualPath(path string) string
	// ExportFile returns the file with a package's export data.
	ExportFile(path string) (string, error)
	// Complaints returns what the compiler says of a Go file that it cannot
	// parse, a line for each mistake.
	Complaints(text string) string
}

func newImporter(t Toolchain) types.Importer {
	return library.NewImporter(token.NewFileSet(), t.ActualPath, t.ExportFile)
}
