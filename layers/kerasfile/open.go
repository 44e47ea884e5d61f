package kerasfile

import (
	"errors"
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
func open(path string) (*file, error) {
	osFile, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &file{path: path, osFile: osFile, cleanup: func() error { return nil }}
	if err := f.openWeights(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// openWeights opens the HDF5 file, which in a .keras file is a member.
func (f *file) openWeights() error {
	info, err := f.osFile.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	start := make([]byte, 4)
	if _, err := io.ReadFull(f.osFile, start); err != nil || string(start) != "PK\x03\x04" {
		f.weights, err = hdf5.NewFile(f.osFile, info.Size())
		return err
	}
	if f.archive, err = openArchive(f.osFile, info.Size()); err != nil {
		return err
	}
	weights, cleanup, err := f.archive.weights()
	if err != nil {
		return err
	}
	f.weights, f.cleanup = weights, cleanup
	return nil
}

// Close closes the file and removes what was unpacked of it.
func (f *file) Close() error { return errors.Join(f.cleanup(), f.osFile.Close()) }
