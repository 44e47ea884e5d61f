//go:build linux && cgo && (amd64 || arm64)

package host

/*
#cgo linux LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// base is where a library lies that has been loaded, or 0.
static uintptr_t library_base(const char *path) {
	struct link_map *map = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	return map ? map->l_addr : 0;
}

static int writable(uintptr_t at, int on) {
	uintptr_t page = sysconf(_SC_PAGESIZE), from = at & ~(page - 1);
	return mprotect((void *)from, at + 16 - from, PROT_READ | PROT_EXEC | (on ? PROT_WRITE : 0));
}

// jump makes a function begin with a jump to another. What it writes is small
// enough to be written at once, and no return address lies in it, so goroutines
// may be in the function. It returns 0 if the other one is too far away or the
// code cannot be written to.
static int jump(uintptr_t from, uintptr_t to) {
#if defined(__x86_64__)
	int64_t distance = (int64_t)to - (int64_t)(from + 5);
	if (distance != (int32_t)distance || from % 8 || writable(from, 1)) return 0;
	uint64_t code = *(uint64_t *)from;
	int32_t relative = distance;
	((unsigned char *)&code)[0] = 0xe9; // jmp rel32
	memcpy((unsigned char *)&code + 1, &relative, 4);
	__atomic_store_n((uint64_t *)from, code, __ATOMIC_SEQ_CST);
#else
	int64_t distance = (int64_t)to - (int64_t)from;
	if (distance < -(1 << 27) || distance >= 1 << 27 || writable(from, 1)) return 0;
	__atomic_store_n((uint32_t *)from, 0x14000000 | (distance / 4 & 0x3ffffff), __ATOMIC_SEQ_CST); // b
	__builtin___clear_cache((char *)from, (char *)from + 4);
#endif
	writable(from, 0);
	return 1;
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// replaced are the places of functions in libraries with new code, by symbol:
// the system's dynamic linker knows the first one only.
var replaced = map[string][]uintptr{}

// replace makes the functions of symbols jump to those in a library that was
// loaded, which are at the given places in it.
func replace(path string, functions map[string]uint64) error {
	if len(functions) == 0 {
		return nil
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	base := uintptr(C.library_base(name))
	if base == 0 {
		return fmt.Errorf("%s is not loaded", path)
	}
	for symbol, place := range functions {
		now := base + uintptr(place)
		for _, old := range append(replaced[symbol], address(symbol)) {
			if old != 0 && old != now && C.jump(C.uintptr_t(old), C.uintptr_t(now)) == 0 {
				return fmt.Errorf("the function %s cannot be replaced", symbol)
			}
		}
		replaced[symbol] = append(replaced[symbol], now)
	}
	return nil
}

// address is where a symbol was loaded first, or 0.
func address(symbol string) uintptr {
	name := C.CString(symbol)
	defer C.free(unsafe.Pointer(name))
	return uintptr(C.dlsym(C.RTLD_DEFAULT, name))
}
