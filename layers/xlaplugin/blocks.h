#ifndef GOCIFAR_XLAPLUGIN_BLOCKS_H
#define GOCIFAR_XLAPLUGIN_BLOCKS_H

// Lets a plugin that dlopen has returned get back the large blocks of memory
// that it has freed. Where that cannot be done, nothing changes.
void xlaplugin_keep_blocks(void *plugin);
#endif
