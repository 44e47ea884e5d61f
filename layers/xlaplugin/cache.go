//go:build cgo && (linux || darwin)

package xlaplugin

/*
#include "pjrt.h"
#include <stdlib.h>
*/
import "C"

import (
	"bytes"
	"os"
	"time"
	"unsafe"
)

// xlapluginCompile stands in for PJRT_Client_Compile.
//
//export xlapluginCompile
func xlapluginCompile(pointer unsafe.Pointer) unsafe.Pointer {
	return opened.Load().compile((*C.CompileArgs)(pointer))
}

// compile sets args.executable, or returns the plugin's error.
func (p *Plugin) compile(args *C.CompileArgs) unsafe.Pointer {
	cached := p.folder.path != "" && p.onCPU(args.client)
	var k string
	if cached {
		program := args.program
		k = key(p.about, []byte(os.Getenv("XLA_FLAGS")), view(program.format, program.format_size),
			view(program.code, program.code_size), view(args.compile_options, args.compile_options_size))
		if data := p.folder.load(k); data != nil {
			if args.executable = p.deserialize(args.client, data); args.executable != nil {
				p.loaded.Add(1)
				return nil
			}
		}
	}
	start := time.Now()
	if err := C.xlaplugin_call(p.api.Client_Compile, unsafe.Pointer(args)); err != nil {
		return err
	}
	p.compiled.Add(1)
	if cached && time.Since(start) >= p.worthwhile {
		if data := p.serialize(args.executable); data != nil {
			p.folder.save(k, data)
		}
	}
	return nil
}

// onCPU tells whether a client's devices are processors. On others an
// executable depends on more than the key has: the device's model, its driver.
func (p *Plugin) onCPU(client unsafe.Pointer) bool {
	a := alloc[C.ClientTextArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.client = C.sizeof_ClientTextArgs, client
	return p.ok(C.xlaplugin_call(p.api.Client_PlatformName, unsafe.Pointer(a))) && string(view(a.text, a.text_size)) == "cpu"
}

// deserialize returns a loaded executable, nil if the plugin does not want it.
func (p *Plugin) deserialize(client unsafe.Pointer, data []byte) unsafe.Pointer {
	a := alloc[C.DeserializeArgs]()
	defer C.free(unsafe.Pointer(a))
	copied := C.CBytes(data)
	defer C.free(copied)
	a.struct_size, a.client = C.sizeof_DeserializeArgs, client
	a.serialized_executable, a.serialized_executable_size = (*C.char)(copied), C.size_t(len(data))
	if !p.ok(C.xlaplugin_call(p.api.Executable_DeserializeAndLoad, unsafe.Pointer(a))) {
		return nil
	}
	return a.loaded_executable
}

// serialize returns a loaded executable as bytes, nil if the plugin cannot.
func (p *Plugin) serialize(loaded unsafe.Pointer) []byte {
	g := alloc[C.GetExecutableArgs]()
	defer C.free(unsafe.Pointer(g))
	g.struct_size, g.loaded_executable = C.sizeof_GetExecutableArgs, loaded
	if !p.ok(C.xlaplugin_call(p.api.LoadedExecutable_GetExecutable, unsafe.Pointer(g))) {
		return nil
	}
	defer func() {
		d := alloc[C.DestroyArgs]()
		defer C.free(unsafe.Pointer(d))
		d.struct_size, d.executable = C.sizeof_DestroyArgs, g.executable
		p.ok(C.xlaplugin_call(p.api.Executable_Destroy, unsafe.Pointer(d)))
	}()
	if !p.serializable(g.executable) {
		return nil
	}
	s := alloc[C.SerializeArgs]()
	defer C.free(unsafe.Pointer(s))
	s.struct_size, s.executable = C.sizeof_SerializeArgs, g.executable
	if !p.ok(C.xlaplugin_call(p.api.Executable_Serialize, unsafe.Pointer(s))) {
		return nil
	}
	defer C.xlaplugin_delete(s)
	return bytes.Clone(view(s.serialized_bytes, s.serialized_bytes_size))
}

// oneDNNCall starts the names of XLA's calls of oneDNN.
var oneDNNCall = []byte("__onednn$")

// serializable tells whether the plugin can be asked to serialize an
// executable. XLA takes its own calls of oneDNN for another kind of call there
// (OneDnnOpThunk, of kind kCustomCall, is cast to CustomCallThunk in
// thunk_proto_serdes.cc) and ends the process.
func (p *Plugin) serializable(executable unsafe.Pointer) bool {
	program := alloc[C.Program]()
	defer C.free(unsafe.Pointer(program))
	program.struct_size = C.sizeof_Program
	a := alloc[C.ProgramArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.executable, a.program = C.sizeof_ProgramArgs, executable, program
	if !p.ok(C.xlaplugin_call(p.api.Executable_OptimizedProgram, unsafe.Pointer(a))) {
		return false // says the size, now for the text
	}
	program.code = (*C.char)(C.malloc(program.code_size))
	defer C.free(unsafe.Pointer(program.code))
	return p.ok(C.xlaplugin_call(p.api.Executable_OptimizedProgram, unsafe.Pointer(a))) && !bytes.Contains(view(program.code, program.code_size), oneDNNCall)
}
