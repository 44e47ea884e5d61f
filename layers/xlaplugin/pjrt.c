//go:build cgo && (linux || darwin)

#include "pjrt.h"
#include "blocks.h"
#include "buffers.h"
#include "costs.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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

bool xlaplugin_ok_of(const Api *api, void *error) {
	if (!error) return true;
	ErrorArgs args = {sizeof args, NULL, error, NULL, 0};
	api->Error_Destroy(&args);
	return false;
}

bool xlaplugin_ok(void *error) { return xlaplugin_ok_of(plugin, error); }

// ended is called when a program has ended; the error is its own.
static void ended(void *error, void *user) {
	(void)user;
	xlaplugin_end();
	xlaplugin_ok(error);
}

// go-xla waits for the events that it finds in the arguments afterwards.
static void *execute(void *pointer) {
	Execution *execution = pthread_getspecific(ahead);
	ExecuteArgs *args = pointer;
	xlaplugin_begin(xlaplugin_program_bytes(args->executable));
	void *error = plugin->LoadedExecutable_Execute(args);
	if (!error) xlaplugin_count_results(args);
	void *event = !error && args->device_complete_events ? args->device_complete_events[0] : NULL;
	OnReadyArgs ready = {sizeof ready, NULL, event, ended, NULL};
	if (!event) {
		xlaplugin_end();
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
		xlaplugin_count_buffers(api, copy);
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
