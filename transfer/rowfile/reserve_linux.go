package rowfile

import (
	"errors"
	"os"
	"syscall"
)

// reserve claims the disk space of the whole file, so that a disk which is too
// small shows before the computation and not after most of it.
func reserve(f *os.File, size int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return os.NewSyscallError("fallocate", err)
	}
	return f.Truncate(size) // file systems without fallocate: writing will tell
}
