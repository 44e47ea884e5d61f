//go:build cgo && (linux || darwin)

#include "costs.h"
#include <pthread.h>
#include <time.h>

int64_t gocifar_xla_costs[COSTS];
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static int running; // programs
static int64_t running_since;
static int64_t running_bytes; // the most that one of them needs

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

// Readers do not lock.
static int64_t add(int what, int64_t n) { return __atomic_add_fetch(&gocifar_xla_costs[what], n, __ATOMIC_RELAXED); }

void xlaplugin_compiled(int64_t nanoseconds) {
	add(COMPILE_TIME, nanoseconds);
	add(COMPILED, 1);
}

void xlaplugin_add_bytes(int64_t bytes) {
	int64_t all = add(BYTES, bytes), *most = &gocifar_xla_costs[MOST_BYTES];
	int64_t before = __atomic_load_n(most, __ATOMIC_RELAXED);
	while (all > before && !__atomic_compare_exchange_n(most, &before, all, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

void xlaplugin_begin(int64_t bytes) {
	pthread_mutex_lock(&counting);
	if (!running++) running_since = now();
	if (bytes > running_bytes) {
		xlaplugin_add_bytes(bytes - running_bytes);
		running_bytes = bytes;
	}
	pthread_mutex_unlock(&counting);
}

void xlaplugin_end(void) {
	pthread_mutex_lock(&counting);
	if (!--running) {
		add(RUN_TIME, now() - running_since);
		xlaplugin_add_bytes(-running_bytes);
		running_bytes = 0;
	}
	pthread_mutex_unlock(&counting);
	add(RUN, 1);
}
