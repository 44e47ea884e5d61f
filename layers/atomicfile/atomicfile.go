// Package atomicfile writes files so that a name only ever stands for the old
// content or for all of the new.
package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Pattern returns the pattern (of path/filepath) of the names that a file has
// before it is complete. A process that was killed leaves such a file behind.
func Pattern(base string) string { return "." + base + ".*.tmp" }

// Write replaces a file's content: under a temporary name in the same folder,
// brought to the disk, then renamed. Its mode is 0644. After an error the old
// file is as it was and the temporary one is gone.
func Write(path string, write func(io.Writer) error) (err error) {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, Pattern(filepath.Base(path)))
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("saving %s: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil { // temporary files are private
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	SyncFolder(folder)
	return nil
}

// SyncFolder makes renames in a folder survive a power cut. Windows and some
// network file systems refuse to sync folders; the rename stands all the same,
// so that is no error.
func SyncFolder(path string) {
	if folder, err := os.Open(path); err == nil {
		folder.Sync()
		folder.Close()
	}
}
