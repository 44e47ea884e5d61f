#ifndef GOCIFAR_XLAPLUGIN_COSTS_H
#define GOCIFAR_XLAPLUGIN_COSTS_H
#include "pjrt.h"

// What XLA has taken so far in this process: nanoseconds of compiling, programs
// compiled or read from the cache, nanoseconds in which at least one program ran,
// programs run; bytes on the devices now, and the most there were since someone
// has set that number. Go's live kernel finds them by their name, which is why
// that is long. The kernel may be of another version: other numbers need another
// name.
enum { COMPILE_TIME, COMPILED, RUN_TIME, RUN, BYTES, MOST_BYTES, COSTS };
extern int64_t gocifar_xla_costs[COSTS];

// Adds a program that took so many nanoseconds to compile.
void xlaplugin_compiled(int64_t nanoseconds);

// A program begins, or ends, that needs so many bytes beside its arguments and
// results. Of several that run at a time only the most counts: mostly the second
// waits for the first.
void xlaplugin_begin(int64_t bytes);
void xlaplugin_end(void);

// Adds bytes that a device holds from now on; they may be less than 0.
void xlaplugin_add_bytes(int64_t bytes);
#endif
