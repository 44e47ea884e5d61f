package nbformat

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// WriteFile writes the document under path so that the name always holds a
// whole file: a new file beside it is written, synced and renamed over the old
// one. An existing file keeps its permissions; a symbolic link stays and its
// target is replaced. On an error (a full disk, say) the old file is untouched
// and nothing is left beside it.
func (nb *Notebook) WriteFile(path string) error {
	return WriteFile(path, nb.Encode())
}

// WriteFile replaces a file's content as [Notebook.WriteFile] does.
func WriteFile(path string, data []byte) error {
	if target, e := filepath.EvalSymlinks(path); e == nil {
		path = target
	}
	options := wholefile.Options{Disk: wholefile.Content}
	if info, e := os.Stat(path); e == nil {
		options.Mode = info.Mode().Perm()
	}
	if err := options.Write(path, wholefile.Bytes(data)); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	return nil
}
