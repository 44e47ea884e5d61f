//go:build linux && cgo && (amd64 || arm64)

package host

import (
	"encoding/binary"
	"os"
	"reflect"
	"runtime"
	"syscall"
	"testing"
	"unsafe"
)

//go:noinline
func near(n int) int { return n + 1 }

//go:noinline
func far(n int) int { return n + 2 }

//go:noinline
func other(n int) int { return n + 3 }

// TestJump: a function becomes another one, also if the way is too long for one
// instruction.
func TestJump(t *testing.T) {
	place := func(f func(int) int) uintptr { return reflect.ValueOf(f).Pointer() }
	if !jump(place(near), place(other), reach()) {
		t.Fatal("the code cannot be written to")
	}
	if got := near(10); got != 13 {
		t.Errorf("a jump within reach: %d, want 13", got)
	}
	if jump(place(far), place(other), 32) {
		t.Error("there is room within 32 bytes")
	}
	start := elsewhere(t, place(other))
	if distance := int64(start) - int64(place(far)); distance < reach() && distance > -reach() {
		t.Logf("the code lies within reach, %d bytes away", distance)
	}
	for range 2 { // the second time it is replaced again
		if !jump(place(far), start, reach()) {
			t.Fatal("there is no room for a jump that goes far")
		}
		if got := far(10); got != 13 {
			t.Errorf("a jump that goes far: %d, want 13", got)
		}
	}
}

// elsewhere makes code that jumps to a place, where the system has memory: in a
// process of Go's that is far from its code.
func elsewhere(t *testing.T, to uintptr) uintptr {
	t.Helper()
	memory, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	code := map[string][]byte{
		"amd64": {0xff, 0x25, 0, 0, 0, 0},
		"arm64": {0x50, 0, 0, 0x58, 0, 0x02, 0x1f, 0xd6},
	}[runtime.GOARCH]
	copy(memory, binary.LittleEndian.AppendUint64(code, uint64(to)))
	return uintptr(unsafe.Pointer(&memory[0]))
}
