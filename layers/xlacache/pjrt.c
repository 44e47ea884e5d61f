//go:build cgo && (linux || darwin)

#include "pjrt.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

extern void *xlacacheCompile(void *args); // compile.go

const Api *xlacache_open(const char *path, const char **why) {
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL); // as go-xla does; never closed: XLA's threads go on
	const Api *(*get)(void) = library ? (const Api *(*)(void))dlsym(library, "GetPjrtApi") : NULL;
	const Api *api = get ? get() : NULL;
	if (!api) {
		*why = dlerror();
	}
	return api;
}

Api *xlacache_copy(const Api *api) {
	Api *copy = malloc(api->struct_size);
	if (copy) {
		memcpy(copy, api, api->struct_size);
		copy->Client_Compile = xlacacheCompile;
	}
	return copy;
}

void *xlacache_call(Function f, void *args) { return f(args); }

void xlacache_delete(SerializeArgs *args) { args->serialized_executable_deleter(args->serialized_executable); }
