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

// What one instruction at a function's entry can reach, and what an island has
// to have: a jump to anywhere.
#if defined(__x86_64__)
#define REACH (INT64_C(1) << 31)
#else
#define REACH (INT64_C(1) << 27)
#endif
#define ISLAND 16

static struct { uintptr_t at; size_t used; } islands[256];
static int island_pages;

static int within(uintptr_t from, uintptr_t to, int64_t reach) {
	int64_t distance = (int64_t)to - (int64_t)from;
	return -reach + 16 < distance && distance < reach - 16;
}

// island finds room for a jump near a function, or returns 0.
static uintptr_t island(uintptr_t from, int64_t reach) {
	const size_t page = sysconf(_SC_PAGESIZE);
	for (int i = 0; i < island_pages; i++)
		if (within(from, islands[i].at, reach - page) && islands[i].used + ISLAND <= page)
			return islands[i].at + (islands[i].used += ISLAND) - ISLAND;
	if (island_pages == sizeof islands / sizeof *islands) return 0;
	for (int64_t step = 1 << 20; step < reach; step += 1 << 20)
		for (int sign = -1; sign <= 1; sign += 2) {
			uintptr_t wish = (from & ~(page - 1)) + sign * step;
			void *at = mmap((void *)wish, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (at == MAP_FAILED) continue;
			if (within(from, (uintptr_t)at, reach - page)) {
				islands[island_pages].at = (uintptr_t)at;
				islands[island_pages++].used = ISLAND;
				return (uintptr_t)at;
			}
			munmap(at, page);
		}
	return 0;
}

// far_jump writes a jump to anywhere. On arm64 it uses the register that is for
// such code between functions.
static int far_jump(uintptr_t at, uintptr_t to) {
	if (writable(at, 1)) return 0;
#if defined(__x86_64__)
	memcpy((void *)at, "\xff\x25\0\0\0\0", 6); // jmp [rip]
	memcpy((void *)(at + 6), &to, 8);
#else
	memcpy((void *)at, (uint32_t[]){0x58000050, 0xd61f0200}, 8); // ldr x16, .+8; br x16
	memcpy((void *)(at + 8), &to, 8);
	__builtin___clear_cache((char *)at, (char *)at + ISLAND);
#endif
	writable(at, 0);
	return 1;
}

// jump makes a function begin with a jump to another, by an island if that is
// not within reach. What it writes is small enough to be written at once, and no
// return address lies in it, so goroutines may be in the function. It returns 0
// if there is no room or the code cannot be written to.
static int jump(uintptr_t from, uintptr_t to, int64_t reach) {
	if (!within(from, to, reach)) {
		uintptr_t at = island(from, reach);
		if (!at || !far_jump(at, to)) return 0;
		to = at;
	}
#if defined(__x86_64__)
	if (from % 8 || writable(from, 1)) return 0;
	int32_t relative = (int64_t)to - (int64_t)(from + 5);
	uint64_t code = *(uint64_t *)from;
	((unsigned char *)&code)[0] = 0xe9; // jmp rel32
	memcpy((unsigned char *)&code + 1, &relative, 4);
	__atomic_store_n((uint64_t *)from, code, __ATOMIC_SEQ_CST);
#else
	if (writable(from, 1)) return 0;
	int64_t distance = (int64_t)to - (int64_t)from;
	__atomic_store_n((uint32_t *)from, 0x14000000 | (distance / 4 & 0x3ffffff), __ATOMIC_SEQ_CST); // b
	__builtin___clear_cache((char *)from, (char *)from + 4);
#endif
	writable(from, 0);
	return 1;
}

static int64_t reach(void) { return REACH; }
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
			if old != 0 && old != now && !jump(old, now, reach()) {
				return fmt.Errorf("the function %s cannot be replaced", symbol)
			}
		}
		replaced[symbol] = append(replaced[symbol], now)
	}
	return nil
}

// reach is how far an instruction jumps.
func reach() int64 { return int64(C.reach()) }

// jump makes a function begin with a jump to another, which need not lie within
// reach.
func jump(from, to uintptr, reach int64) bool {
	return C.jump(C.uintptr_t(from), C.uintptr_t(to), C.int64_t(reach)) != 0
}

// address is where a symbol was loaded first, or 0.
func address(symbol string) uintptr {
	name := C.CString(symbol)
	defer C.free(unsafe.Pointer(name))
	return uintptr(C.dlsym(C.RTLD_DEFAULT, name))
}
