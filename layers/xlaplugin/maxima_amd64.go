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

// registerMaxima lets programs call the functions, and tells whether they can.
func registerMaxima(api *C.Api) bool {
	if !cpuid.CPU.Supports(cpuid.AVX512F) {
		return false
	}
	kernel, input := C.CString(MaximaKernelGradient), C.CString(MaximaInputGradient)
	defer C.free(unsafe.Pointer(kernel))
	defer C.free(unsafe.Pointer(input))
	return bool(C.xlaplugin_register_maxima(api, kernel, input))
}
