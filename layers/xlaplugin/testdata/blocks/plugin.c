// A library that takes and frees memory as XLA's plugins do.
#include <stdlib.h>

int plugin_take(void **out, size_t alignment, size_t size) { return posix_memalign(out, alignment, size); }
void plugin_give(void *at) { free(at); }
void *plugin_malloc(size_t size) { return malloc(size); }
