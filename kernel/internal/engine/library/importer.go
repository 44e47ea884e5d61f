package library

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
)

// NewImporter reads packages from the export data that the compiler reads, too.
// A package that has come in anew is another one, with the path that actual
// gives.
func NewImporter(files *token.FileSet, actual func(path string) string,
	exportFile func(path string) (string, error)) types.Importer {
	data := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		name, err := exportFile(path)
		if err != nil {
			return nil, err
		}
		return os.Open(name)
	})
	return actualImporter{data, actual}
}

type actualImporter struct {
	types.Importer
	actual func(path string) string
}

// Import imports the package that a path stands for.
func (i actualImporter) Import(path string) (*types.Package, error) {
	return i.Importer.Import(i.actual(path))
}
