// Takes and frees blocks through a library, whose path is the argument, and says
// what goes wrong. blocks_linux.c is compiled with it.
#define _GNU_SOURCE
#include "blocks.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MB ((size_t)1 << 20)
static int (*take)(void **, size_t, size_t);
static void (*give)(void *);
static void *(*plain)(size_t);
static int wrong;

static void want(int ok, const char *what) {
	if (!ok) printf("wrong: %s\n", what), wrong = 1;
}

static char *taken(size_t alignment, size_t size) {
	void *at = NULL;
	want(!take(&at, alignment, size) && at && (uintptr_t)at % alignment == 0, "a block, aligned");
	memset(at, 7, size);
	return at;
}

// mapped tells whether a page is still the process'.
static int mapped(char *at) {
	unsigned char in;
	uintptr_t page = (uintptr_t)at & -(uintptr_t)sysconf(_SC_PAGESIZE);
	return !mincore((void *)page, 1, &in);
}

static void *hammer(void *seed) {
	unsigned random = (uintptr_t)seed;
	for (int i = 0; i < 300; i++) {
		size_t size = (30 + rand_r(&random) % 20) * MB;
		void *at = NULL;
		if (take(&at, 64, size)) continue;
		uintptr_t *first = at, *last = (uintptr_t *)((char *)at + size) - 1;
		*first = *last = (uintptr_t)&random;
		if (i % 10 == 0) usleep(100);
		want(*first == (uintptr_t)&random && *last == (uintptr_t)&random, "a block is one thread's");
		give(at);
	}
	return NULL;
}

int main(int argc, char **argv) {
	void *library = argc > 1 ? dlopen(argv[1], RTLD_LAZY | RTLD_LOCAL) : NULL;
	if (!library) return puts(dlerror()), 2;
	take = (int (*)(void **, size_t, size_t))dlsym(library, "plugin_take");
	give = (void (*)(void *))dlsym(library, "plugin_give");
	plain = (void *(*)(size_t))dlsym(library, "plugin_malloc");
	xlaplugin_keep_blocks(library);

	char *a = taken(64, 100 * MB);
	give(a);
	want(mapped(a), "a freed block is kept");
	char *b = taken(64, 95 * MB);
	want(a == b, "one that is nearly as large gets it");
	char *c = taken(64, 95 * MB);
	want(c != b, "a block is not given twice");
	give(c);
	give(b);
	char *d = taken(64, 40 * MB);
	want(d != b && d != c, "a block that is much smaller gets no large one");
	want(!mapped(b) || !mapped(c), "what is kept and used is no more than was used at a time, and an eighth");
	give(d);

	give(plain(50 * MB)); // counted when it is freed alone
	give(taken(64, MB));
	give(NULL);
	void *none = NULL;
	want(take(&none, 3, 64 * MB) && take(&none, 64, SIZE_MAX / 2), "what posix_memalign refuses is refused");
	give(taken(2 * MB, 100 * MB));

	pthread_t threads[4];
	for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, hammer, (void *)(i + 1));
	for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);

	char *e = taken(64, 200 * MB);
	give(e);
	want(mapped(e), "the last block is kept");
	for (int i = 0; i < 100 && mapped(e); i++) usleep(100000);
	want(!mapped(e), "a block that nobody takes is freed after a while");
	puts(wrong ? "failed" : "passed");
	return wrong;
}
