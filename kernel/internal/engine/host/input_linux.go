package host

import "syscall"

// inputReady tells whether a read of the standard input returns at once.
func inputReady() bool {
	var set syscall.FdSet
	set.Bits[0] = 1 // descriptor 0
	n, err := syscall.Select(1, &set, nil, nil, &syscall.Timeval{})
	return err != nil || n > 0
}
