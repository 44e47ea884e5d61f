//go:build cgo && (linux || darwin)

#include "ffi.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FFI_EXTENSION = 5, METADATA = 1 };

// spoken is the version of the interface that the last registered function was
// asked for. PJRT does not tell whether XLA took the function.
static FfiVersion spoken;

bool xlaplugin_register(const Api *api, const char *name, void *(*function)(FfiCall *)) {
	const Extension *e = api->extension_start;
	while (e && e->type != FFI_EXTENSION) e = e->next;
	const FfiExtension *ffi = (const FfiExtension *)e;
	if (!ffi || ffi->base.struct_size < sizeof *ffi || !ffi->register_handler) return false;
	spoken = (FfiVersion){0, NULL, -1, -1};
	RegisterArgs args = {offsetof(RegisterArgs, traits) + sizeof args.traits, name, strlen(name), function, "Host", 4, 0};
	return xlaplugin_ok_of(api, ffi->register_handler(&args)) && !spoken.major_version;
}

// XLA takes functions of its own version and of earlier ones that it knows.
// Within a major version, what ffi.h declares stays where it is.
bool xlaplugin_answered(const FfiCall *call) {
	if (!call->extension_start || call->extension_start->type != METADATA) return false;
	FfiVersion *wanted = &((FfiMetadata *)call->extension_start)->metadata->version;
	spoken = call->api->version;
	wanted->major_version = 0;
	wanted->minor_version = spoken.minor_version;
	return true;
}

void *xlaplugin_refuse(const FfiCall *call, int code, const char *message) {
	FfiErrorArgs args = {sizeof args, NULL, message, code};
	return call->api->Error_Create(&args);
}

int64_t xlaplugin_attribute(const FfiCall *call, const char *name) {
	for (int64_t i = 0; i < call->attributes.size; i++) {
		const FfiText *text = call->attributes.names[i];
		if (text->size == strlen(name) && !memcmp(text->text, name, text->size)) {
			return *(int64_t *)call->attributes.values[i]->value;
		}
	}
	return -1;
}

// went_well tells whether a call went well, and destroys its error.
static bool went_well(const FfiCall *call, void *error) {
	if (!error) return true;
	struct { size_t struct_size; void *extension_start; void *error; } args = {sizeof args, NULL, error};
	call->api->Error_Destroy(&args);
	return false;
}

long xlaplugin_threads(const FfiCall *call) {
	int64_t threads = 1;
	FfiThreadsArgs args = {sizeof args, NULL, call->context, &threads};
	return went_well(call, call->api->ThreadPool_NumThreads(&args)) && threads > 0 ? threads : 1;
}

// Crowd are the threads that do the tasks of a call. A thread that comes late
// finds nothing to do, and must not touch data, which may be gone.
typedef struct {
	void (*task)(void *data, long i);
	void *data;
	long n, next, done, members;
	pthread_mutex_t guard;
	pthread_cond_t all;
} Crowd;

static void work(Crowd *c) {
	for (;;) {
		long i = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED);
		if (i >= c->n) return;
		c->task(c->data, i);
		pthread_mutex_lock(&c->guard);
		if (++c->done == c->n) pthread_cond_broadcast(&c->all);
		pthread_mutex_unlock(&c->guard);
	}
}

static void leave(Crowd *c) {
	if (__atomic_sub_fetch(&c->members, 1, __ATOMIC_ACQ_REL)) return;
	pthread_mutex_destroy(&c->guard);
	pthread_cond_destroy(&c->all);
	free(c);
}

static void join(void *crowd) {
	work(crowd);
	leave(crowd);
}

void xlaplugin_each(const FfiCall *call, long n, void (*task)(void *data, long i), void *data) {
	long threads = xlaplugin_threads(call);
	Crowd *c = threads > 1 && n > 1 ? malloc(sizeof *c) : NULL;
	if (!c) {
		for (long i = 0; i < n; i++) task(data, i);
		return;
	}
	*c = (Crowd){task, data, n, 0, 0, 1, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};
	for (long i = 1; i < threads && i < n; i++) {
		__atomic_add_fetch(&c->members, 1, __ATOMIC_RELAXED);
		FfiScheduleArgs args = {sizeof args, NULL, call->context, join, c};
		if (!went_well(call, call->api->ThreadPool_Schedule(&args))) leave(c);
	}
	work(c);
	pthread_mutex_lock(&c->guard);
	while (c->done < c->n) pthread_cond_wait(&c->all, &c->guard);
	pthread_mutex_unlock(&c->guard);
	leave(c);
}
