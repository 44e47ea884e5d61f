package peek

import (
	"encoding/binary"
	"unsafe"
)

const wordSize = 8

// word is a number in memory. All systems with live cells put the low byte
// first.
func word(b []byte) uintptr { return uintptr(binary.LittleEndian.Uint64(b)) }

// bytes copies memory at an address. It is nil where there is none.
func bytes(at uintptr, n int) []byte {
	if n < 0 || at == 0 && n > 0 {
		return nil
	}
	b := make([]byte, n)
	if n > 0 && !read(at, b) {
		return nil
	}
	return b
}

// words copies numbers at an address.
func words(at uintptr, n int) []uintptr {
	b := bytes(at, n*wordSize)
	if b == nil {
		return nil
	}
	list := make([]uintptr, n)
	for i := range list {
		list[i] = word(b[i*wordSize:])
	}
	return list
}

// slice is the memory of a slice, and of a string with its capacity left out.
type slice struct {
	at       uintptr
	len, cap int
}

// sliceOf reads a slice's three words. It is empty if they make no sense.
func sliceOf(b []byte) slice {
	s := slice{word(b), int(word(b[wordSize:])), int(word(b[2*wordSize:]))}
	if s.len < 0 || s.cap < s.len {
		return slice{}
	}
	return s
}

// stringOf reads a string's two words.
func stringOf(b []byte) slice {
	s := slice{word(b), int(word(b[wordSize:])), int(word(b[wordSize:]))}
	if s.len < 0 {
		return slice{}
	}
	return s
}

// Pointer is an address as Go wants it. The value must live.
func Pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }
