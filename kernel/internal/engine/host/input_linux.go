package host

import (
	"syscall"
	"time"
)

// inputReady tells whether a read of the standard input returns at once.
func inputReady() bool {
	var set syscall.FdSet
	set.Bits[0] = 1 // descriptor 0
	n, err := syscall.Select(1, &set, nil, nil, &syscall.Timeval{})
	return err != nil || n > 0
}

// writeTo writes all of b to a file, and tells whether it could.
func writeTo(fd int, b []byte) bool {
	for len(b) > 0 {
		n, err := syscall.Write(fd, b)
		switch {
		case err == syscall.EAGAIN:
			time.Sleep(time.Millisecond)
		case err == syscall.EINTR:
		case err != nil:
			return false
		}
		b = b[max(n, 0):]
	}
	return true
}
