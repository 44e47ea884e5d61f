// Package wholefile writes files so that a name only ever stands for the old
// content or for all of the new: the content goes into a temporary file in the
// same folder, which is then renamed.
//
// google/renameio does the same, but not on Windows, and without names by
// which the temporary files of killed processes can be found again.
package wholefile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Options say how a file is written. The zero value is what [Write] uses.
type Options struct {
	// Mode is the file's mode, whatever the umask. Default 0644.
	Mode os.FileMode
	// Disk is how much is on the disk when the file has its name.
	Disk Disk
	// Pattern is the temporary file's name as os.CreateTemp takes it, for
	// callers who look for those that killed processes left. Default [Pattern].
	Pattern string
}

// Disk says what survives a power cut.
type Disk int

const (
	// Renamed: the new content, once the file is written.
	Renamed Disk = iota
	// Content: the old content or the new.
	Content
	// Nothing: the file may be damaged. This is for files that are checked
	// when they are read, or that nobody needs after a power cut.
	Nothing
)

// Pattern returns the pattern (of path/filepath) of the names that a file has
// before it is complete. A process that was killed leaves such a file behind.
func Pattern(base string) string { return "." + base + ".*.tmp" }

// Write replaces a file's content and waits until it is on the disk. The file's
// mode is 0644. After an error the old file is as it was and the temporary one
// is gone.
func Write(path string, write func(io.Writer) error) error {
	if err := (Options{}).Write(path, write); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	return nil
}

// Write replaces a file's content as the function Write does. Its error does
// not name the file.
func (o Options) Write(path string, write func(io.Writer) error) (err error) {
	folder := filepath.Dir(path)
	if o.Pattern == "" {
		o.Pattern = Pattern(filepath.Base(path))
	}
	if o.Mode == 0 {
		o.Mode = 0o644
	}
	f, err := os.CreateTemp(folder, o.Pattern)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := f.Chmod(o.Mode); err != nil { // temporary files are private
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if o.Disk != Nothing {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	if o.Disk == Renamed {
		SyncFolder(folder)
	}
	return nil
}

// Bytes writes data.
func Bytes(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// JSON writes v as indented JSON that ends with a line break.
func JSON(v any, indent string) func(io.Writer) error {
	return func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", indent)
		return e.Encode(v)
	}
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
