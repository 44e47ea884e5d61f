#ifndef GOCIFAR_XLAPLUGIN_BUFFERS_H
#define GOCIFAR_XLAPLUGIN_BUFFERS_H
#include "pjrt.h"

// Puts functions into the copy of a plugin's table that count the bytes of the
// buffers that they make and destroy. Buffers that share another's memory are
// not counted, views of the caller's memory are.
void xlaplugin_count_buffers(const Api *plugin, Api *copy);

// Notes what a program that has just been compiled or read needs while it runs.
void xlaplugin_note_program(void *loaded_executable);

// Returns the bytes that a program needs beside its arguments and results; 0 if
// the plugin does not tell.
int64_t xlaplugin_program_bytes(void *loaded_executable);

// Counts the results of an execution, and no longer the arguments whose memory
// the results took over.
void xlaplugin_count_results(const ExecuteArgs *args);
#endif
