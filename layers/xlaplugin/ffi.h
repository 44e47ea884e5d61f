// What xlaplugin needs of XLA's interface for calls of foreign functions
// (xla/ffi/api/c_api.h and xla/pjrt/c/pjrt_c_api_ffi_extension.h, Apache License
// 2.0, Copyright The OpenXLA Authors). As in pjrt.h, structures only grow.
#ifndef GOCIFAR_XLAPLUGIN_FFI_H
#define GOCIFAR_XLAPLUGIN_FFI_H
#include "pjrt.h"

typedef struct Extension { size_t struct_size; int type; struct Extension *next; } Extension;

typedef struct {
	size_t struct_size;
	const char *name; size_t name_size;
	void *handler;
	const char *platform; size_t platform_size;
	int traits;
} RegisterArgs;
// PJRT_Extension_Type_FFI
typedef struct { Extension base; Function type_register, user_data_add, register_handler; } FfiExtension;

enum { FFI_UINT8 = 6, FFI_FLOAT32 = 11, FFI_BFLOAT16 = 16 };

typedef struct {
	size_t struct_size; void *extension_start;
	int type; void *data; int64_t rank; int64_t *size;
} FfiBuffer;
typedef struct { size_t struct_size; void *extension_start; int64_t size; int *types; FfiBuffer **buffers; } FfiBuffers;
typedef struct { const char *text; size_t size; } FfiText;
typedef struct { int type; void *value; } FfiScalar;
typedef struct {
	size_t struct_size; void *extension_start;
	int64_t size; int *types; FfiText **names; FfiScalar **values;
} FfiAttributes;

// Error_Create, ThreadPool_Schedule, ThreadPool_NumThreads
typedef struct { size_t struct_size; void *extension_start; const char *message; int code; } FfiErrorArgs;
typedef struct {
	size_t struct_size; void *extension_start;
	void *context; void (*task)(void *data); void *data;
} FfiScheduleArgs;
typedef struct { size_t struct_size; void *extension_start; void *context; int64_t *threads; } FfiThreadsArgs;

typedef struct { size_t struct_size; void *extension_start; int major_version, minor_version; } FfiVersion;
typedef struct {
	Extension base;
	struct { size_t struct_size; FfiVersion version; uint32_t traits; } *metadata;
} FfiMetadata;
typedef struct {
	size_t struct_size;
	void *extension_start;
	FfiVersion version;
	const void *internal;
	Function Error_Create, Error_GetMessage, Error_Destroy, Handler_Register, Stream_Get, Type_Register,
		ExecutionContext_Get, State_Set, State_Get, DeviceMemory_Allocate, DeviceMemory_Free, ThreadPool_Schedule, ThreadPool_NumThreads;
} FfiApi;

// FfiCall is what a function is called with; it returns an error, NULL for none.
typedef struct {
	size_t struct_size;
	Extension *extension_start;
	const FfiApi *api;
	void *context;
	int stage; // 3: execute
	FfiBuffers arguments, results;
	FfiAttributes attributes;
	void *future;
} FfiCall;

// Registers a function with the plugin for processors, under the name by which
// programs call it. Tells whether that went well. The function must begin with
// xlaplugin_answered.
bool xlaplugin_register(const Api *api, const char *name, void *(*function)(FfiCall *));

// Answers the call in which XLA asks for a function's version, and tells whether
// it was one.
bool xlaplugin_answered(const FfiCall *call);

// Returns an error for XLA: of its codes, 3 is an invalid argument and 8 a lack
// of memory.
void *xlaplugin_refuse(const FfiCall *call, int code, const char *message);

// Returns an attribute of type int64, or -1 if there is none.
int64_t xlaplugin_attribute(const FfiCall *call, const char *name);

// Returns how many threads XLA computes with.
long xlaplugin_threads(const FfiCall *call);

// Does tasks 0 to n-1 on XLA's threads, and returns when all are done.
void xlaplugin_each(const FfiCall *call, long n, void (*task)(void *data, long i), void *data);
#endif
