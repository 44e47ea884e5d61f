//go:build cgo && !amd64 && (linux || darwin)

package xlaplugin

/*
#include "pjrt.h"
*/
import "C"

// registerMaxima returns false: maxima.c is for AVX-512.
func registerMaxima(api *C.Api) bool { return false }
