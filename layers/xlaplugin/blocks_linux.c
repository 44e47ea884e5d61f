//go:build cgo && linux

// glibc returns each block of over 32 MB to the system when it is freed. A step
// on a processor takes the same blocks as the step before, so the system would
// clear the same memory again and again; where it runs on a virtual machine, the
// host may even have taken the memory meanwhile. So the plugin's large blocks
// are kept when it frees them, and it gets them back.
#define _GNU_SOURCE
#include "blocks.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64, LARGE = 32 << 20 };
#ifndef SECONDS // that a block is kept
#define SECONDS 30
#endif

static struct block { void *at; size_t size; time_t freed; } kept[MOST]; // the first is the oldest
static int count;
static size_t kept_bytes, used_bytes, most_used; // of large blocks
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;

static time_t seconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

// All below that say "locked" are called with guard.

static struct block removed(int i) { // locked
	struct block b = kept[i];
	memmove(&kept[i], &kept[i + 1], (--count - i) * sizeof b);
	kept_bytes -= b.size;
	return b;
}

// excess removes blocks until what is kept fits beside what is used, and so much
// more, into the most that was used at a time, and an eighth. It returns how many
// there are to free.
static int excess(struct block *out, size_t more) { // locked
	size_t wanted = used_bytes + more, most = wanted > most_used ? wanted : most_used;
	int n = 0;
	while (count && wanted + kept_bytes > most + most / 8) out[n++] = removed(0);
	return n;
}

static void release(struct block *blocks, int n) {
	while (n--) free(blocks[n].at);
}

static int best(size_t alignment, size_t size) { // locked
	int found = -1;
	for (int i = 0; i < count; i++) {
		if (kept[i].size < size || kept[i].size - size > size / 8 || (uintptr_t)kept[i].at % alignment) continue;
		if (found < 0 || kept[i].size < kept[found].size) found = i;
	}
	return found;
}

static void uses(size_t size) { // locked
	used_bytes += size;
	if (used_bytes > most_used) most_used = used_bytes;
}

// again returns a kept block; NULL if none will do, and removes what would be too
// much beside a new one.
static void *again(size_t alignment, size_t size) {
	struct block gone[MOST], b = {NULL};
	int n = 0;
	pthread_mutex_lock(&guard);
	int i = best(alignment, size);
	if (i >= 0) {
		b = removed(i);
		uses(b.size);
	} else {
		n = excess(gone, size);
	}
	pthread_mutex_unlock(&guard);
	release(gone, n);
	return b.at;
}

static void empty(void) {
	struct block gone[MOST];
	int n = 0;
	pthread_mutex_lock(&guard);
	while (count) gone[n++] = removed(0);
	pthread_mutex_unlock(&guard);
	release(gone, n);
}

// Stands for posix_memalign in the plugin.
static int take(void **out, size_t alignment, size_t size) {
	if (size < LARGE || !alignment) return posix_memalign(out, alignment, size);
	void *at = again(alignment, size);
	if (at) {
		*out = at;
		return 0;
	}
	int failed = posix_memalign(out, alignment, size);
	if (failed == ENOMEM) {
		empty();
		failed = posix_memalign(out, alignment, size);
	}
	if (failed) return failed;
	pthread_mutex_lock(&guard);
	uses(malloc_usable_size(*out)); // give counts the same
	pthread_mutex_unlock(&guard);
	return 0;
}

// Stands for free in the plugin.
static void give(void *at) {
	size_t size = at ? malloc_usable_size(at) : 0;
	if (size < LARGE) {
		free(at);
		return;
	}
	struct block gone[MOST + 1];
	int n = 0;
	pthread_mutex_lock(&guard);
	used_bytes -= size < used_bytes ? size : used_bytes; // not all come from take
	if (count == MOST) gone[n++] = removed(0);
	kept[count++] = (struct block){at, size, seconds()};
	kept_bytes += size;
	n += excess(gone + n, 0);
	pthread_cond_signal(&some);
	pthread_mutex_unlock(&guard);
	release(gone, n);
}

// forget frees blocks that nobody has taken for a while.
static void *forget(void *unused) {
	struct block gone[MOST];
	for (;;) {
		int n = 0;
		pthread_mutex_lock(&guard);
		while (!count) pthread_cond_wait(&some, &guard);
		while (count && kept[0].freed + SECONDS < seconds()) gone[n++] = removed(0);
		if (!count) most_used = used_bytes; // what ran before says nothing of what will
		pthread_mutex_unlock(&guard);
		release(gone, n);
		sleep(1);
	}
	return unused;
}

#if defined(__x86_64__)
enum { JUMP_SLOT = R_X86_64_JUMP_SLOT };
#elif defined(__aarch64__)
enum { JUMP_SLOT = R_AARCH64_JUMP_SLOT };
#else
enum { JUMP_SLOT = -1 };
#endif

// call lets the library's calls of a function go to another. It tells whether
// there are such calls.
static int call(const struct link_map *library, const char *name, void *function) {
	const ElfW(Rela) *list = NULL;
	const ElfW(Sym) *symbols = NULL;
	const char *strings = NULL;
	size_t size = 0;
	for (const ElfW(Dyn) *d = library->l_ld; d->d_tag != DT_NULL; d++) {
		// glibc has made addresses of these, other loaders may not.
		char *at = (char *)d->d_un.d_ptr + (d->d_un.d_ptr < library->l_addr ? library->l_addr : 0);
		switch (d->d_tag) {
		case DT_JMPREL: list = (void *)at; break;
		case DT_PLTRELSZ: size = d->d_un.d_val; break;
		case DT_SYMTAB: symbols = (void *)at; break;
		case DT_STRTAB: strings = at; break;
		case DT_PLTREL: if (d->d_un.d_val != DT_RELA) return 0;
		}
	}
	if (!list || !symbols || !strings) return 0;
	for (size_t i = 0; i < size / sizeof *list; i++) {
		if (ELF64_R_TYPE(list[i].r_info) != JUMP_SLOT) continue;
		if (strcmp(strings + symbols[ELF64_R_SYM(list[i].r_info)].st_name, name)) continue;
		void **slot = (void **)(library->l_addr + list[i].r_offset);
		uintptr_t page = (uintptr_t)slot & -(uintptr_t)sysconf(_SC_PAGESIZE);
		if (mprotect((void *)page, (uintptr_t)(slot + 1) - page, PROT_READ | PROT_WRITE)) return 0;
		__atomic_store_n(slot, function, __ATOMIC_RELEASE);
		return 1;
	}
	return 0;
}

void xlaplugin_keep_blocks(void *plugin) {
	struct link_map *library;
	pthread_t thread;
	if (dlinfo(plugin, RTLD_DI_LINKMAP, &library)) return;
	// Blocks are kept only if they are given back after a while.
	if (!call(library, "posix_memalign", take)) return;
	if (pthread_create(&thread, NULL, forget, NULL)) return;
	pthread_detach(thread);
	call(library, "free", give);
}
