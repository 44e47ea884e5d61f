//go:build cgo && (linux || darwin)

package xlaplugin

/*
#cgo linux LDFLAGS: -ldl
#include "costs.h"
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"
)

// Plugin is the process' plugin.
type Plugin struct {
	api              *C.Api
	folder           folder
	about            []byte        // what every program's key starts from
	worthwhile       time.Duration // see below
	loaded, compiled atomic.Int64
	lanes            int // MaximaLanes
}

// opened is the process' plugin: PJRT hands its functions no argument by which
// ours could find one.
var opened atomic.Pointer[Plugin]

// worthwhile is the time of compiling from which on an executable is kept.
// Smaller ones compile about as fast as they load.
const worthwhile = 20 * time.Millisecond

// Open loads the PJRT plugin in a file and registers it with go-xla under the
// file's path: a backend that is opened as "xla:<path>" from then on keeps what
// it compiles in dir, made when there is something to keep, or nowhere if dir is
// "". It can be called once a process, before go-xla loads the plugin. After an
// error go-xla can still load the plugin by itself.
func Open(path, dir string) (*Plugin, error) {
	about, err := describe(path)
	if err != nil {
		return nil, err
	}
	onCPU := !pjrt.IsCUDAName(path)
	keepBlocks := C.int(1)
	if !onCPU {
		about = append(about, nvidia(path)...)
		keepBlocks = 0 // it computes in the GPU's memory
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var why *C.char
	api := C.xlaplugin_open(name, keepBlocks, &why)
	if api == nil {
		return nil, fmt.Errorf("xlaplugin: opening the PJRT plugin %s: %s", path, C.GoString(why))
	}
	if v := api.pjrt_api_version; v.major_version != 0 || api.struct_size < C.sizeof_Api {
		return nil, fmt.Errorf("xlaplugin: the PJRT plugin %s speaks version %d.%d of PJRT's interface, wanted is "+
			"0.40 or a later 0", path, v.major_version, v.minor_version)
	}
	p := &Plugin{api: api, folder: folder{path: dir, limit: Limit}, about: about, worthwhile: worthwhile}
	if onCPU {
		p.lanes = registerMaxima(api)
	}
	if !opened.CompareAndSwap(nil, p) {
		return nil, errors.New("xlaplugin: a process can open one plugin, and has")
	}
	table := C.xlaplugin_copy(api) // lives as long as the process, as the plugin does
	if table == nil {
		return nil, errors.New("xlaplugin: no memory")
	}
	if err := pjrt.RegisterPreloadedPlugin(path, uintptr(unsafe.Pointer(table))); err != nil {
		return nil, fmt.Errorf("xlaplugin: registering the PJRT plugin %s: %w", path, err)
	}
	return p, nil
}

// MaximaLanes is how many channels MaximaKernelGradient and MaximaInputGradient
// compute at a time, if programs of the plugin that Open has opened can call
// them: 16 with AVX-512, 8 with AVX2; otherwise 0.
func MaximaLanes() int {
	if p := opened.Load(); p != nil {
		return p.lanes
	}
	return 0
}

// Counts returns how many programs were read from the folder and how many were
// compiled.
func (p *Plugin) Counts() (loaded, compiled int) {
	return int(p.loaded.Load()), int(p.compiled.Load())
}

// Costs are what XLA has taken so far in this process.
type Costs struct {
	Compile  time.Duration // of compiling, or of reading from the folder
	Compiled int           // programs
	Run      time.Duration // in which at least one program ran
	Runs     int           // of programs
	// Bytes are those of buffers on all devices now, and the most that one running
	// program needs beside them. MostBytes is the most that they have been.
	Bytes, MostBytes int64
}

// CostsSoFar returns what XLA has taken of all programs of the plugin that Open
// has opened.
func CostsSoFar() Costs {
	read := func(what int) int64 { return atomic.LoadInt64((*int64)(unsafe.Pointer(&C.gocifar_xla_costs[what]))) }
	return Costs{Compile: time.Duration(read(C.COMPILE_TIME)), Compiled: int(read(C.COMPILED)),
		Run: time.Duration(read(C.RUN_TIME)), Runs: int(read(C.RUN)),
		Bytes: read(C.BYTES), MostBytes: read(C.MOST_BYTES)}
}

// view is C's memory as a slice.
func view(p *C.char, n C.size_t) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(n)) }

// alloc returns a zeroed structure of C's; it must be freed.
func alloc[T any]() *T {
	var t T
	return (*T)(C.calloc(1, C.size_t(unsafe.Sizeof(t))))
}

// ok tells whether a call went well, and destroys its error.
func (p *Plugin) ok(err unsafe.Pointer) bool {
	if err == nil {
		return true
	}
	a := alloc[C.ErrorArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.error = C.sizeof_ErrorArgs, err
	C.xlaplugin_call(p.api.Error_Destroy, unsafe.Pointer(a))
	return false
}
