// What xlaplugin needs of PJRT's C interface (xla/pjrt/c/pjrt_c_api.h, Apache
// License 2.0, Copyright The OpenXLA Authors). Structures only ever grow at
// their ends there, and say their size first; within a major version what is
// declared here stays where it is.
#ifndef GOCIFAR_XLAPLUGIN_PJRT_H
#define GOCIFAR_XLAPLUGIN_PJRT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { size_t struct_size; void *extension_start; const void *error; const char *message; size_t message_size; } ErrorArgs; // Error_Destroy, Error_Message
typedef struct { size_t struct_size; void *extension_start; void *client; const char *text; size_t text_size; } ClientTextArgs; // Client_PlatformName, Client_PlatformVersion
typedef struct { size_t struct_size; void *extension_start; void *client; void *const *devices; size_t num_devices; } DevicesArgs; // Client_AddressableDevices
typedef struct { size_t struct_size; void *extension_start; void *device; void *description; } DescriptionArgs; // Device_GetDescription
typedef struct { size_t struct_size; void *extension_start; void *description; const char *text; size_t text_size; } DescriptionTextArgs; // DeviceDescription_Kind
typedef struct { size_t struct_size; void *extension_start; char *code; size_t code_size; const char *format; size_t format_size; } Program;
typedef struct {
	size_t struct_size; void *extension_start; void *client; const Program *program;
	const char *compile_options; size_t compile_options_size;
	void *executable; // out
} CompileArgs;
typedef struct { size_t struct_size; void *extension_start; void *loaded_executable; void *executable; } GetExecutableArgs;
typedef struct { size_t struct_size; void *extension_start; void *executable; } DestroyArgs; // Executable_Destroy
typedef struct { size_t struct_size; void *extension_start; void *executable; Program *program; } ProgramArgs; // Executable_OptimizedProgram
typedef struct {
	size_t struct_size; void *extension_start; const void *executable;
	const char *serialized_bytes; size_t serialized_bytes_size; // out
	void *serialized_executable;                                // out
	void (*serialized_executable_deleter)(void *);              // out
} SerializeArgs;
typedef struct {
	size_t struct_size; void *extension_start; void *client;
	const char *serialized_executable; size_t serialized_executable_size;
	void *loaded_executable; // out
	const char *overridden_serialized_compile_options; size_t overridden_serialized_compile_options_size;
} DeserializeArgs;

typedef struct {
	size_t struct_size; void *extension_start; void *executable; void *options; void *const *const *argument_lists;
	size_t num_devices; size_t num_args; void **const *output_lists;
	void **device_complete_events; // out; NULL if none are wanted
	void *execute_device;
} ExecuteArgs;
typedef struct { size_t struct_size; void *extension_start; void *executable; size_t results; } ResultsArgs; // Executable_NumOutputs
typedef struct {
	size_t struct_size; void *extension_start; void *executable;
	int64_t code, arguments, results, aliases, temporary; // out, in bytes
	int64_t others[10];                                   // out
} MemoryStatsArgs; // Executable_GetCompiledMemoryStats

typedef struct { size_t struct_size; void *extension_start; void *buffer; } BufferArgs; // Buffer_Destroy, Buffer_Delete
typedef struct { size_t struct_size; void *extension_start; void *buffer; size_t bytes; } BufferSizeArgs; // Buffer_OnDeviceSizeInBytes
typedef struct { size_t struct_size; void *extension_start; void *buffer; bool is_deleted; } IsDeletedArgs; // Buffer_IsDeleted
typedef struct { size_t struct_size; void *extension_start; void *buffer, *to, *copy; } CopyArgs; // Buffer_CopyToDevice, Buffer_CopyToMemory
typedef struct {
	size_t struct_size; void *extension_start; void *client;
	const void *data; int type; const int64_t *dims; size_t num_dims;
	const int64_t *byte_strides; size_t num_byte_strides; int host_buffer_semantics;
	void *device, *memory, *device_layout;
	void *done_with_host_buffer, *buffer; // out
} FromHostArgs; // Client_BufferFromHostBuffer
typedef struct {
	size_t struct_size; void *extension_start; void *client;
	void *data; const int64_t *dims; size_t num_dims; int type; void *layout, *device;
	void (*on_delete)(void *data, void *user); void *user; intptr_t stream;
	void *buffer; // out
	void *memory;
} ViewArgs; // Client_CreateViewOfDeviceBuffer

typedef struct { size_t struct_size; void *extension_start; void *event; } EventArgs; // Event_Destroy
typedef struct {
	size_t struct_size; void *extension_start; void *event;
	void (*callback)(void *error, void *user); void *user;
} OnReadyArgs;

typedef void *(*Function)(void *); // args to error, NULL for none

typedef struct {
	size_t struct_size;
	void *extension_start;
	struct { size_t struct_size; void *extension_start; int major_version, minor_version; } pjrt_api_version;
	Function Error_Destroy, Error_Message, Error_GetCode;
	Function Plugin_Initialize, Plugin_Attributes;
	Function Event_Destroy, Event_IsReady, Event_Error, Event_Await, Event_OnReady;
	Function Client_Create, Client_Destroy, Client_PlatformName, Client_ProcessIndex, Client_PlatformVersion, Client_Devices,
		Client_AddressableDevices, Client_LookupDevice, Client_LookupAddressableDevice, Client_AddressableMemories, Client_Compile,
		Client_DefaultDeviceAssignment, Client_BufferFromHostBuffer;
	Function DeviceDescription_Id, DeviceDescription_ProcessIndex, DeviceDescription_Attributes, DeviceDescription_Kind,
		DeviceDescription_DebugString, DeviceDescription_ToString;
	Function Device_GetDescription, Device_IsAddressable, Device_LocalHardwareId, Device_AddressableMemories, Device_DefaultMemory,
		Device_MemoryStats;
	Function Memory_Id, Memory_Kind, Memory_DebugString, Memory_ToString, Memory_AddressableByDevices;
	Function Executable_Destroy, Executable_Name, Executable_NumReplicas, Executable_NumPartitions, Executable_NumOutputs,
		Executable_SizeOfGeneratedCodeInBytes, Executable_GetCostAnalysis, Executable_OutputMemoryKinds, Executable_OptimizedProgram,
		Executable_Serialize;
	Function LoadedExecutable_Destroy, LoadedExecutable_GetExecutable, LoadedExecutable_AddressableDevices, LoadedExecutable_Delete,
		LoadedExecutable_IsDeleted, LoadedExecutable_Execute, Executable_DeserializeAndLoad, LoadedExecutable_Fingerprint;
	Function Buffer_Destroy, Buffer_ElementType, Buffer_Dimensions, Buffer_UnpaddedDimensions, Buffer_DynamicDimensionIndices,
		Buffer_GetMemoryLayout, Buffer_OnDeviceSizeInBytes, Buffer_Device, Buffer_Memory, Buffer_Delete, Buffer_IsDeleted,
		Buffer_CopyToDevice, Buffer_ToHostBuffer, Buffer_IsOnCpu, Buffer_ReadyEvent, Buffer_UnsafePointer,
		Buffer_IncreaseExternalReferenceCount, Buffer_DecreaseExternalReferenceCount, Buffer_OpaqueDeviceMemoryDataPointer;
	Function CopyToDeviceStream_Destroy, CopyToDeviceStream_AddChunk, CopyToDeviceStream_TotalBytes,
		CopyToDeviceStream_GranuleSize, CopyToDeviceStream_CurrentBytes;
	Function TopologyDescription_Create, TopologyDescription_Destroy, TopologyDescription_PlatformName,
		TopologyDescription_PlatformVersion, TopologyDescription_GetDeviceDescriptions, TopologyDescription_Serialize,
		TopologyDescription_Attributes;
	Function Compile, Executable_OutputElementTypes, Executable_OutputDimensions, Buffer_CopyToMemory,
		Client_CreateViewOfDeviceBuffer, Executable_Fingerprint, Client_TopologyDescription, Executable_GetCompiledMemoryStats;
	// More follow since version 0.40; a copy of the table copies struct_size bytes.
} Api;

// Opens the plugin and returns its table of functions; NULL and why. With
// keep_blocks the plugin gets back large blocks of memory that it has freed.
const Api *xlaplugin_open(const char *path, int keep_blocks, const char **why);

// Returns a copy of the table whose Client_Compile asks the cache first, and
// whose LoadedExecutable_Execute can be told not to wait.
Api *xlaplugin_copy(const Api *api);

// An execution that is not waited for: the event of its end, NULL before.
typedef struct { void *event; } Execution;

// Between start and end, this thread's first execution on one device lets its
// caller go on at once.
void xlaplugin_start_ahead(Execution *execution);
void xlaplugin_end_ahead(void);

// Lets xlapluginDone know when the event comes; user is its argument.
void *xlaplugin_on_ready(Function on_ready, void *event, uintptr_t user);

// Calls one of the plugin's functions; returns its error, NULL for none.
void *xlaplugin_call(Function f, void *args);
void xlaplugin_delete(SerializeArgs *args);

// Tells whether a call went well, and destroys its error. A table was copied.
bool xlaplugin_ok(void *error);
bool xlaplugin_ok_of(const Api *api, void *error); // the same before a table was copied
#endif
