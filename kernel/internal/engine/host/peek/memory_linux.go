//go:build amd64 || arm64

package peek

import (
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// memoryRange is what the system calls an iovec.
type memoryRange struct {
	at  uintptr
	len uint64
}

var (
	pid = os.Getpid()
	// ownMemory is read where the system call is forbidden, as it is in some
	// containers.
	ownMemory = sync.OnceValue(func() *os.File {
		f, err := os.Open("/proc/self/mem")
		if err != nil {
			return nil
		}
		return f
	})
)

// read copies memory into b. It is false where there is none.
func read(at uintptr, b []byte) bool {
	if stays(at, uintptr(len(b))) {
		copyFrom(b, at)
		return true
	}
	to := memoryRange{uintptr(unsafe.Pointer(&b[0])), uint64(len(b))}
	from := memoryRange{at, uint64(len(b))}
	n, _, errno := syscall.RawSyscall6(callReadMemory, uintptr(pid), uintptr(unsafe.Pointer(&to)), 1,
		uintptr(unsafe.Pointer(&from)), 1, 0)
	switch errno {
	case 0:
		return int(n) == len(b)
	case syscall.EPERM, syscall.ENOSYS:
		f := ownMemory()
		if f == nil || int64(at) < 0 {
			return false
		}
		n, _ := f.ReadAt(b, int64(at))
		return n == len(b)
	}
	return false
}

// copyFrom copies memory that is there. The garbage collector must not take the
// address for a pointer, since the memory may be free by now: the function has
// no place where it could look.
//
//go:nosplit
//go:noinline
func copyFrom(b []byte, at uintptr) {
	from := *(*unsafe.Pointer)(unsafe.Pointer(&at))
	copy(b, unsafe.Slice((*byte)(from), len(b)))
}
