//go:build cgo && (linux || darwin)

#include "buffers.h"
#include "costs.h"
#include <pthread.h>
#include <stdlib.h>

static const Api *plugin;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

// entry says of a buffer its bytes, of a program the bytes that it needs while it
// runs and its number of results. There is one for each pointer.
typedef struct { void *key; int64_t bytes; size_t results; } entry;

// table finds entries: the place of a key is its hash or, if that is taken, the
// next that is free.
typedef struct { entry *entries; size_t size, count; } table; // size is a power of 2
static table buffers, programs;

static size_t place(const table *t, const void *key) {
	size_t i = (((uintptr_t)key >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (t->size - 1);
	while (t->entries[i].key && t->entries[i].key != key) i = (i + 1) & (t->size - 1);
	return i;
}

static int put(table *t, entry e) {
	if (t->count * 2 >= t->size) {
		table larger = {NULL, t->size ? t->size * 2 : 256, t->count};
		larger.entries = calloc(larger.size, sizeof(entry));
		if (!larger.entries) return 0;
		for (size_t i = 0; i < t->size; i++) {
			if (t->entries[i].key) larger.entries[place(&larger, t->entries[i].key)] = t->entries[i];
		}
		free(t->entries);
		*t = larger;
	}
	entry *at = &t->entries[place(t, e.key)];
	t->count += !at->key;
	*at = e;
	return 1;
}

// get returns a key's entry, of which all is 0 if there is none.
static entry get(const table *t, const void *key) {
	return t->size ? t->entries[place(t, key)] : (entry){NULL, 0, 0};
}

// cut takes the entry out and returns it.
static entry cut(table *t, const void *key) {
	entry found = get(t, key);
	if (!found.key) return found;
	t->count--;
	size_t i = place(t, key);
	t->entries[i].key = NULL;
	for (i = (i + 1) & (t->size - 1); t->entries[i].key; i = (i + 1) & (t->size - 1)) {
		entry moved = t->entries[i]; // it may have stood here because of the one that is gone
		t->entries[i].key = NULL;
		t->entries[place(t, moved.key)] = moved;
	}
	return found;
}

static void count(void *buffer) {
	BufferSizeArgs size = {sizeof size, NULL, buffer, 0};
	if (!buffer || !xlaplugin_ok(plugin->Buffer_OnDeviceSizeInBytes(&size))) return;
	pthread_mutex_lock(&guard);
	int done = put(&buffers, (entry){buffer, size.bytes, 0});
	pthread_mutex_unlock(&guard);
	if (done) xlaplugin_add_bytes(size.bytes);
}

static void uncount(void *buffer) {
	pthread_mutex_lock(&guard);
	entry e = cut(&buffers, buffer);
	pthread_mutex_unlock(&guard);
	if (e.bytes) xlaplugin_add_bytes(-e.bytes);
}

// counted counts the buffer that a call has made, and returns the call's error.
static void *counted(void *error, void **buffer) {
	if (!error) count(*buffer);
	return error;
}

static void *from_host(void *args) {
	return counted(plugin->Client_BufferFromHostBuffer(args), &((FromHostArgs *)args)->buffer);
}

static void *view(void *args) {
	return counted(plugin->Client_CreateViewOfDeviceBuffer(args), &((ViewArgs *)args)->buffer);
}

static void *to_device(void *args) { return counted(plugin->Buffer_CopyToDevice(args), &((CopyArgs *)args)->copy); }

static void *to_memory(void *args) { return counted(plugin->Buffer_CopyToMemory(args), &((CopyArgs *)args)->copy); }

static void *destroy(void *args) {
	uncount(((BufferArgs *)args)->buffer); // before another can get the address
	return plugin->Buffer_Destroy(args);
}

static void *delete(void *args) {
	uncount(((BufferArgs *)args)->buffer);
	return plugin->Buffer_Delete(args);
}

static void *destroy_program(void *args) {
	pthread_mutex_lock(&guard);
	cut(&programs, ((DestroyArgs *)args)->executable);
	pthread_mutex_unlock(&guard);
	return plugin->LoadedExecutable_Destroy(args);
}

void xlaplugin_count_buffers(const Api *of, Api *copy) {
	plugin = of;
	copy->Client_BufferFromHostBuffer = from_host;
	copy->Buffer_CopyToDevice = to_device;
	copy->Buffer_Destroy = destroy;
	copy->Buffer_Delete = delete;
	copy->LoadedExecutable_Destroy = destroy_program;
	if (plugin->Buffer_CopyToMemory) copy->Buffer_CopyToMemory = to_memory;
	if (plugin->Client_CreateViewOfDeviceBuffer) copy->Client_CreateViewOfDeviceBuffer = view;
}

void xlaplugin_note_program(void *loaded) {
	GetExecutableArgs get = {sizeof get, NULL, loaded, NULL};
	if (!xlaplugin_ok(plugin->LoadedExecutable_GetExecutable(&get))) return;
	ResultsArgs results = {sizeof results, NULL, get.executable, 0};
	xlaplugin_ok(plugin->Executable_NumOutputs(&results));
	MemoryStatsArgs memory = {sizeof memory, NULL, get.executable, 0, 0, 0, 0, 0, {0}};
	Function stats = plugin->Executable_GetCompiledMemoryStats;
	if (stats && !xlaplugin_ok(stats(&memory))) memory.temporary = 0;
	DestroyArgs destroy = {sizeof destroy, NULL, get.executable};
	xlaplugin_ok(plugin->Executable_Destroy(&destroy));
	pthread_mutex_lock(&guard);
	put(&programs, (entry){loaded, memory.temporary, results.results});
	pthread_mutex_unlock(&guard);
}

static entry program(const void *loaded) {
	pthread_mutex_lock(&guard);
	entry e = get(&programs, loaded);
	pthread_mutex_unlock(&guard);
	return e;
}

int64_t xlaplugin_program_bytes(void *loaded) { return program(loaded).bytes; }

void xlaplugin_count_results(const ExecuteArgs *args) {
	size_t results = program(args->executable).results;
	for (size_t device = 0; device < args->num_devices; device++) {
		for (size_t i = 0; i < args->num_args; i++) {
			IsDeletedArgs deleted = {sizeof deleted, NULL, args->argument_lists[device][i], 0};
			if (xlaplugin_ok(plugin->Buffer_IsDeleted(&deleted)) && deleted.is_deleted) uncount(deleted.buffer);
		}
		for (size_t i = 0; i < results; i++) count(args->output_lists[device][i]);
	}
}
