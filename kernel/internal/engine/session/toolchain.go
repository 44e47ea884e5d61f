package session

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
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
	// ExportFile returns the file with a package's export data.
	ExportFile(path string) (string, error)
	// Complaints returns what the compiler says of a Go file that it cannot
	// parse, a line for each mistake.
	Complaints(text string) string
}

// newImporter reads packages from the export data that the compiler reads, too.
func newImporter(t Toolchain) types.Importer {
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		name, err := t.ExportFile(path)
		if err != nil {
			return nil, err
		}
		return os.Open(name)
	})
}
