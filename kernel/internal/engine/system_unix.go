//go:build unix

package engine

import "syscall"

// makeFifo makes a named pipe.
func makeFifo(name string) error { return syscall.Mkfifo(name, 0o600) }

// readNow reads what is there from a descriptor that does not block.
func readNow(fd uintptr, buf []byte) (int, error) { return syscall.Read(int(fd), buf) }
