//go:build unix

package rowfile

import (
	"os"
	"syscall"
)

// mapFile maps the first size bytes of a file, read-only. Pages are read from
// disk when they are touched and can be dropped again at any time.
func mapFile(f *os.File, size int64) (data []byte, unmap func() error, err error) {
	data, err = syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}
