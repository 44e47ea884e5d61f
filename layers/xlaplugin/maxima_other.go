//go:build cgo && !amd64 && (linux || darwin)

package xlaplugin

/*
#include "pjrt.h"
*/
import "C"

// registerMaxima returns 0: maxima.c is for AVX-512 and AVX2.
func registerMaxima(api *C.Api) int { return 0 }
