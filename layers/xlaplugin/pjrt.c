//go:build cgo && (linux || darwin)

#include "pjrt.h"
#include "blocks.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern void *xlapluginCompile(void *args);              // cache.go
extern void xlapluginDone(void *error, uintptr_t user); // ahead.go

static const Api *plugin;

const Api *xlaplugin_open(const char *path, int keep_blocks, const char **why) {
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL); // as go-xla does; never closed: XLA's threads go on
	const Api *(*get)(void) = library ? (const Api *(*)(void))dlsym(library, "GetPjrtApi") : NULL;
	const Api *api = get ? get() : NULL;
	if (!api) {
		*why = dlerror();
	}
#ifdef __linux__
	if (api && keep_blocks) {
		xlaplugin_keep_blocks(library);
	}
#endif
	return api;
}

// ahead is each thread's Execution, NULL where programs are waited for. It is no
// __thread: Go's own linker, which links cells, knows none.
static pthread_key_t ahead;
static int has_ahead; // set once, before the table that needs it is handed out

void xlaplugin_start_ahead(Execution *execution) {
	if (has_ahead) {
		pthread_setspecific(ahead, execution);
	}
}

void xlaplugin_end_ahead(void) {
	if (has_ahead) {
		pthread_setspecific(ahead, NULL);
	}
}

int64_t gocifar_xla_costs[COSTS];
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static int running; // programs
static int64_t running_since;

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

// Readers do not lock.
static void add(int what, int64_t n) { __atomic_fetch_add(&gocifar_xla_costs[what], n, __ATOMIC_RELAXED); }

void xlaplugin_compiled(int64_t nanoseconds) {
	add(COMPILE_TIME, nanoseconds);
	add(COMPILED, 1);
}

static void begin(void) {
	pthread_mutex_lock(&counting);
	if (!running++) running_since = now();
	pthread_mutex_unlock(&counting);
}

static void end(void) {
	pthread_mutex_lock(&counting);
	if (!--running) add(RUN_TIME, now() - running_since);
	pthread_mutex_unlock(&counting);
	add(RUN, 1);
}

// ended is called when a program has ended; the error is its own.
static void ended(void *error, void *user) {
	(void)user;
	end();
	if (error) {
		ErrorArgs args = {sizeof args, NULL, error, NULL, 0};
		plugin->Error_Destroy(&args);
	}
}

// go-xla waits for the events that it finds in the arguments afterwards.
static void *execute(void *pointer) {
	Execution *execution = pthread_getspecific(ahead);
	ExecuteArgs *args = pointer;
	begin();
	void *error = plugin->LoadedExecutable_Execute(args);
	void *event = !error && args->device_complete_events ? args->device_complete_events[0] : NULL;
	OnReadyArgs ready = {sizeof ready, NULL, event, ended, NULL};
	if (!event) {
		end();
	} else {
		void *refused = plugin->Event_OnReady(&ready);
		if (refused) ended(refused, NULL);
	}
	if (!error && execution && !execution->event && args->num_devices == 1 && args->device_complete_events) {
		execution->event = args->device_complete_events[0];
		args->device_complete_events = NULL;
	}
	return error;
}

static void done(void *error, void *user) { xlapluginDone(error, (uintptr_t)user); }

void *xlaplugin_on_ready(Function on_ready, void *event, uintptr_t user) {
	OnReadyArgs args = {sizeof args, NULL, event, done, (void *)user};
	return on_ready(&args);
}

Api *xlaplugin_copy(const Api *api) {
	Api *copy = malloc(api->struct_size);
	if (copy) {
		memcpy(copy, api, api->struct_size);
		plugin = api;
		copy->Client_Compile = xlapluginCompile;
		has_ahead = !pthread_key_create(&ahead, NULL);
		if (has_ahead) {
			copy->LoadedExecutable_Execute = execute;
		}
	}
	return copy;
}

void *xlaplugin_call(Function f, void *args) { return f(args); }

void xlaplugin_delete(SerializeArgs *args) { args->serialized_executable_deleter(args->serialized_executable); }
