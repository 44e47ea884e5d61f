package session

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// newImporter reads packages from the export data that the compiler reads, too.
func newImporter(b *library.Compiler) types.Importer {
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		name, err := b.ExportFile(path)
		if err != nil {
			return nil, err
		}
		return os.Open(name)
	})
}
