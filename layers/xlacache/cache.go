//go:build cgo && (linux || darwin)

package xlacache

/*
#cgo linux LDFLAGS: -ldl
#include "pjrt.h"
#include <stdlib.h>
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"
)

// Cache is a plugin whose executables are kept in a folder.
type Cache struct {
	api              *C.Api
	folder           folder
	about            []byte        // what every program's key starts from
	worthwhile       time.Duration // see below
	loaded, compiled atomic.Int64
}

// opened is the process' cache: PJRT hands a function that compiles no
// argument by which it could find one.
var opened atomic.Pointer[Cache]

// worthwhile is the time of compiling from which on an executable is kept.
// Smaller ones compile about as fast as they load.
const worthwhile = 20 * time.Millisecond

// Open loads the PJRT plugin in a file and registers it with go-xla under the
// file's path: a backend that is opened as "xla:<path>" from then on keeps what
// it compiles in dir, made when there is something to keep. It can be called once
// a process, before go-xla loads the plugin. After an error go-xla can still
// load the plugin by itself.
func Open(path, dir string) (*Cache, error) {
	about, err := describe(path)
	if err != nil {
		return nil, err
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var why *C.char
	api := C.xlacache_open(name, &why)
	if api == nil {
		return nil, fmt.Errorf("xlacache: opening the PJRT plugin %s: %s", path, C.GoString(why))
	}
	if v := api.pjrt_api_version; v.major_version != 0 || api.struct_size < C.sizeof_Api {
		return nil, fmt.Errorf("xlacache: the PJRT plugin %s speaks version %d.%d of PJRT's interface, wanted is 0.40 or a later 0", path, v.major_version, v.minor_version)
	}
	c := &Cache{api: api, folder: folder{path: dir, limit: Limit}, about: about, worthwhile: worthwhile}
	if !opened.CompareAndSwap(nil, c) {
		return nil, errors.New("xlacache: a process can open one plugin, and has")
	}
	table := C.xlacache_copy(api) // lives as long as the process, as the plugin does
	if table == nil {
		return nil, errors.New("xlacache: no memory")
	}
	if err := pjrt.RegisterPreloadedPlugin(path, uintptr(unsafe.Pointer(table))); err != nil {
		return nil, fmt.Errorf("xlacache: registering the PJRT plugin %s: %w", path, err)
	}
	return c, nil
}

// Counts returns how many programs were read from the folder and how many were
// compiled.
func (c *Cache) Counts() (loaded, compiled int) {
	return int(c.loaded.Load()), int(c.compiled.Load())
}

// xlacacheCompile stands in for PJRT_Client_Compile.
//
//export xlacacheCompile
func xlacacheCompile(pointer unsafe.Pointer) unsafe.Pointer {
	return opened.Load().compile((*C.CompileArgs)(pointer))
}

// compile sets args.executable, or returns the plugin's error.
func (c *Cache) compile(args *C.CompileArgs) unsafe.Pointer {
	program := args.program
	k := key(c.about, []byte(os.Getenv("XLA_FLAGS")), view(program.format, program.format_size),
		view(program.code, program.code_size), view(args.compile_options, args.compile_options_size))
	cached := c.onCPU(args.client)
	if cached {
		if data := c.folder.load(k); data != nil {
			if args.executable = c.deserialize(args.client, data); args.executable != nil {
				c.loaded.Add(1)
				return nil
			}
		}
	}
	start := time.Now()
	if err := C.xlacache_call(c.api.Client_Compile, unsafe.Pointer(args)); err != nil {
		return err
	}
	c.compiled.Add(1)
	if cached && time.Since(start) >= c.worthwhile {
		if data := c.serialize(args.executable); data != nil {
			c.folder.save(k, data)
		}
	}
	return nil
}

// view is C's memory as a slice.
func view(p *C.char, n C.size_t) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(n)) }

// alloc returns a zeroed structure of C's; it must be freed.
func alloc[T any]() *T {
	var t T
	return (*T)(C.calloc(1, C.size_t(unsafe.Sizeof(t))))
}

// ok tells whether a call went well, and destroys its error.
func (c *Cache) ok(err unsafe.Pointer) bool {
	if err == nil {
		return true
	}
	a := alloc[C.ErrorArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.error = C.sizeof_ErrorArgs, err
	C.xlacache_call(c.api.Error_Destroy, unsafe.Pointer(a))
	return false
}

// onCPU tells whether a client's devices are processors. On others an
// executable depends on more than the key has: the device's model, its driver.
func (c *Cache) onCPU(client unsafe.Pointer) bool {
	a := alloc[C.ClientTextArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.client = C.sizeof_ClientTextArgs, client
	return c.ok(C.xlacache_call(c.api.Client_PlatformName, unsafe.Pointer(a))) && string(view(a.text, a.text_size)) == "cpu"
}

// deserialize returns a loaded executable, nil if the plugin does not want it.
func (c *Cache) deserialize(client unsafe.Pointer, data []byte) unsafe.Pointer {
	a := alloc[C.DeserializeArgs]()
	defer C.free(unsafe.Pointer(a))
	copied := C.CBytes(data)
	defer C.free(copied)
	a.struct_size, a.client = C.sizeof_DeserializeArgs, client
	a.serialized_executable, a.serialized_executable_size = (*C.char)(copied), C.size_t(len(data))
	if !c.ok(C.xlacache_call(c.api.Executable_DeserializeAndLoad, unsafe.Pointer(a))) {
		return nil
	}
	return a.loaded_executable
}

// serialize returns a loaded executable as bytes, nil if the plugin cannot.
func (c *Cache) serialize(loaded unsafe.Pointer) []byte {
	g := alloc[C.GetExecutableArgs]()
	defer C.free(unsafe.Pointer(g))
	g.struct_size, g.loaded_executable = C.sizeof_GetExecutableArgs, loaded
	if !c.ok(C.xlacache_call(c.api.LoadedExecutable_GetExecutable, unsafe.Pointer(g))) {
		return nil
	}
	defer func() {
		d := alloc[C.DestroyArgs]()
		defer C.free(unsafe.Pointer(d))
		d.struct_size, d.executable = C.sizeof_DestroyArgs, g.executable
		c.ok(C.xlacache_call(c.api.Executable_Destroy, unsafe.Pointer(d)))
	}()
	if !c.serializable(g.executable) {
		return nil
	}
	s := alloc[C.SerializeArgs]()
	defer C.free(unsafe.Pointer(s))
	s.struct_size, s.executable = C.sizeof_SerializeArgs, g.executable
	if !c.ok(C.xlacache_call(c.api.Executable_Serialize, unsafe.Pointer(s))) {
		return nil
	}
	defer C.xlacache_delete(s)
	return bytes.Clone(view(s.serialized_bytes, s.serialized_bytes_size))
}

// oneDNNCall starts the names of XLA's calls of oneDNN.
var oneDNNCall = []byte("__onednn$")

// serializable tells whether the plugin can be asked to serialize an
// executable. XLA takes its own calls of oneDNN for another kind of call there
// (OneDnnOpThunk, of kind kCustomCall, is cast to CustomCallThunk in
// thunk_proto_serdes.cc) and ends the process.
func (c *Cache) serializable(executable unsafe.Pointer) bool {
	p := alloc[C.Program]()
	defer C.free(unsafe.Pointer(p))
	p.struct_size = C.sizeof_Program
	a := alloc[C.ProgramArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.executable, a.program = C.sizeof_ProgramArgs, executable, p
	if !c.ok(C.xlacache_call(c.api.Executable_OptimizedProgram, unsafe.Pointer(a))) {
		return false // says the size, now for the text
	}
	p.code = (*C.char)(C.malloc(p.code_size))
	defer C.free(unsafe.Pointer(p.code))
	return c.ok(C.xlacache_call(c.api.Executable_OptimizedProgram, unsafe.Pointer(a))) && !bytes.Contains(view(p.code, p.code_size), oneDNNCall)
}
