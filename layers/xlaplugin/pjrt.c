//go:build cgo && (linux || darwin)

#include "pjrt.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

extern void *xlapluginCompile(void *args);              // cache.go
extern void xlapluginDone(void *error, uintptr_t user); // ahead.go

static const Api *plugin;

const Api *xlaplugin_open(const char *path, const char **why) {
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL); // as go-xla does; never closed: XLA's threads go on
	const Api *(*get)(void) = library ? (const Api *(*)(void))dlsym(library, "GetPjrtApi") : NULL;
	const Api *api = get ? get() : NULL;
	if (!api) {
		*why = dlerror();
	}
	return api;
}

static __thread int ahead;   // whether the next execution is not to be waited for
static __thread void *running; // the event of its end

void xlaplugin_start_ahead(void) {
	ahead = 1;
	running = NULL;
}

void *xlaplugin_end_ahead(void) {
	ahead = 0;
	return running;
}

// go-xla waits for the events that it finds in the arguments afterwards.
static void *execute(void *pointer) {
	ExecuteArgs *args = pointer;
	void *error = plugin->LoadedExecutable_Execute(args);
	if (!error && ahead && args->num_devices == 1 && args->device_complete_events) {
		running = args->device_complete_events[0];
		args->device_complete_events = NULL;
		ahead = 0;
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
		copy->LoadedExecutable_Execute = execute;
	}
	return copy;
}

void *xlaplugin_call(Function f, void *args) { return f(args); }

void xlaplugin_delete(SerializeArgs *args) { args->serialized_executable_deleter(args->serialized_executable); }
