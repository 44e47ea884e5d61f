package rowfile

import (
	"errors"
	"fmt"
	"os"
)

// Matrix is a complete matrix whose numbers lie in a file mapped into memory.
type Matrix struct {
	Spec
	// Values holds the rows one after the other. It is read-only: writing to
	// it crashes the program. It must not be used after Close.
	Values []float32
	unmap  func() error
}

// Close releases the mapping. A program that uses the numbers until it ends
// need not call it.
func (m *Matrix) Close() error {
	if m.unmap == nil {
		return nil
	}
	err := m.unmap()
	m.Values, m.unmap = nil, nil
	return err
}

// Open maps a complete matrix into memory after checking every chunk. The
// error wraps os.ErrNotExist if there is no file, and [ErrDamaged] if there is
// one which is not the complete matrix of this Spec.
func Open(path string, spec Spec) (*Matrix, error) {
	if err := errors.Join(spec.check(), checkByteOrder()); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("rowfile: %w", err)
	}
	defer f.Close()
	found, err := verify(f, spec)
	if err != nil {
		return nil, fmt.Errorf("rowfile: %s: %w", path, err)
	}
	return mapMatrix(f, found)
}

// verify checks that a file is the complete matrix of spec, and returns what
// it says of itself.
func verify(f *os.File, spec Spec) (Spec, error) {
	found, err := readSpec(f)
	if err != nil {
		return found, err
	}
	if !found.sameMatrix(spec) {
		return found, fmt.Errorf("%w: wanted %+v, got %+v", ErrDamaged, spec, found)
	}
	info, err := f.Stat()
	if err != nil {
		return found, err
	}
	if info.Size() != found.size() {
		return found, fmt.Errorf("%w: wanted %d bytes, got %d", ErrDamaged, found.size(), info.Size())
	}
	absent, err := missing(f, found)
	if err == nil && len(absent) > 0 {
		err = fmt.Errorf("%w: %d of %d chunks are missing or changed", ErrDamaged, len(absent), found.chunks())
	}
	return found, err
}

// mapMatrix maps a file that was verified.
func mapMatrix(f *os.File, spec Spec) (*Matrix, error) {
	data, unmap, err := mapFile(f, spec.size())
	if err != nil {
		return nil, fmt.Errorf("rowfile: mapping %s into memory: %w", f.Name(), err)
	}
	return &Matrix{Spec: spec, Values: floatsOf(data[spec.start():]), unmap: unmap}, nil
}
