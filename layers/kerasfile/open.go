package kerasfile

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// file is an open file of Keras, of any kind.
type file struct {
	path    string
	osFile  *os.File
	archive *archive // of a .keras file, else nil
	weights *hdf5.File
	cleanup func() error
}

// open finds out what the file at path is by its first bytes.
func open(path string) (f *file, err error) {
	osFile, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f = &file{path: path, osFile: osFile, cleanup: func() error { return nil }}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := osFile.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	start := make([]byte, 4)
	if _, err := io.ReadFull(osFile, start); err == nil && string(start) == "PK\x03\x04" {
		if f.archive, err = openArchive(osFile, info.Size()); err != nil {
			return nil, err
		}
		weights, cleanup, err := f.archive.weights()
		if cleanup != nil {
			f.cleanup = cleanup
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", weightsMember, err)
		}
		f.weights = weights
		return f, nil
	}
	if f.weights, err = hdf5.NewFile(osFile, info.Size()); err != nil {
		return nil, err
	}
	return f, nil
}

// Close closes the file and removes what was unpacked of it.
func (f *file) Close() error { return errors.Join(f.cleanup(), f.osFile.Close()) }
