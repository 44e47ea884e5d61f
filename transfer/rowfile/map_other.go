//go:build !unix

package rowfile

import (
	"io"
	"os"
)

// mapFile reads the first size bytes of a file: the fallback where package
// syscall has no mmap.
func mapFile(f *os.File, size int64) (data []byte, unmap func() error, err error) {
	values := make([]float32, (size+3)/4) // for the alignment
	data = bytesOf(values)[:size]
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), data); err != nil {
		return nil, nil, err
	}
	return data, func() error { return nil }, nil
}
