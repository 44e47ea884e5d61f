//go:build cgo && (linux || darwin)

package xlaplugin

/*
#include "maxima_calls.h"
#include <stdlib.h>
*/
import "C"

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// registerMaxima lets programs call the functions, and returns MaximaLanes.
func registerMaxima(api *C.Api) int {
	var lanes int
	switch {
	case cpuid.CPU.Supports(cpuid.AVX512F):
		lanes = 16
	case cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3):
		lanes = 8
	default:
		return 0
	}
	kernel, input := C.CString(MaximaKernelGradient), C.CString(MaximaInputGradient)
	defer C.free(unsafe.Pointer(kernel))
	defer C.free(unsafe.Pointer(input))
	if !C.xlaplugin_register_maxima(api, kernel, input, C.long(lanes)) {
		return 0
	}
	return lanes
}
