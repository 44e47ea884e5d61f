// Package seal notices that files which were made once and are used ever after
// have been damaged: by a disk that was full, a machine that lost power, a copy
// that broke off.
//
// When files are complete, their sizes and hashes are written down. The sizes
// are compared each time before the files are used, which costs a system call
// for each and finds what is truncated, empty or gone. The hashes are for
// `kernel doctor`, which has time.
package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// File is what a file was when it was complete.
type File struct {
	Path   string `json:"File"` // from the folder of the record, with slashes
	Size   int64  // bytes
	SHA256 string // in hexadecimal
}

// Of describes the file name (with slashes) in the folder dir as it is now.
func Of(dir, name string) (File, error) {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	h := sha256.New()
	size, err := io.Copy(h, file)
	if err != nil {
		return File{}, err
	}
	return File{Path: name, Size: size, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// Tree describes every regular file below dir, in the order of their paths,
// but for those named in without.
func Tree(dir string, without ...string) ([]File, error) {
	left := make(map[string]bool, len(without))
	for _, name := range without {
		left[name] = true
	}
	var files []File
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || left[filepath.ToSlash(name)] {
			return err
		}
		file, err := Of(dir, filepath.ToSlash(name))
		files = append(files, file)
		return err
	})
	return files, err
}

// Check compares the file in dir with what it was: its size, and its hash if
// deep. The error says in a few words what is wrong with which file.
func (f File) Check(dir string, deep bool) error {
	if f.Path == "" {
		return errors.New("the record names no file")
	}
	info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Path)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing", f.Path)
	case err != nil:
		return fmt.Errorf("%s cannot be read: %w", f.Path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", f.Path)
	case info.Size() != f.Size:
		return fmt.Errorf("%s has %d bytes instead of %d", f.Path, info.Size(), f.Size)
	case !deep:
		return nil
	}
	now, err := Of(dir, f.Path)
	switch {
	case err != nil:
		return fmt.Errorf("%s cannot be read: %w", f.Path, err)
	case now.SHA256 != f.SHA256:
		return fmt.Errorf("%s has other content than when it was made", f.Path)
	}
	return nil
}

// Check compares files in dir with what they were and returns what is wrong
// with the first one that is damaged.
func Check(dir string, files []File, deep bool) error {
	for _, f := range files {
		if err := f.Check(dir, deep); err != nil {
			return err
		}
	}
	return nil
}

// name is the record that Write leaves in a folder.
const name = "seal.json"

// Write records every file below dir in a file there. It is for folders that
// get their final name, or count as complete, only afterwards.
func Write(dir string) error {
	files, err := Tree(dir, name)
	if err != nil {
		return err
	}
	return wholefile.Options{Disk: wholefile.Nothing}.Write(filepath.Join(dir, name), wholefile.JSON(files, " "))
}

// ErrAbsent is what Verify finds where there is no folder.
var ErrAbsent = errors.New("not made yet")

// Verify compares the folder dir with the record that Write left in it. A
// folder without one, as versions that kept none have made, counts as damaged:
// nobody can tell whether it is whole.
func Verify(dir string, deep bool) error {
	var files []File
	switch err := ReadJSON(filepath.Join(dir, name), &files); {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return ErrAbsent
		}
		return errors.New("there is no record of what it was when it was made")
	case err != nil:
		return err
	case len(files) == 0:
		return fmt.Errorf("%s is damaged", name)
	}
	return Check(dir, files, deep)
}

// ReadJSON reads a small file of ours. Its error says in a few words what is
// wrong, and is an fs.ErrNotExist where there is none.
func ReadJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", filepath.Base(path), err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s is damaged", filepath.Base(path))
	}
	return nil
}
