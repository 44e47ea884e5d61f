#ifndef GOCIFAR_XLAPLUGIN_MAXIMA_CALLS_H
#define GOCIFAR_XLAPLUGIN_MAXIMA_CALLS_H
#include "pjrt.h"

// Registers the gradients of maxima.h as functions that programs can call by
// these names, for at most so many lanes. Tells whether that went well.
bool xlaplugin_register_maxima(const Api *api, const char *kernel, const char *input, long lanes);
#endif
