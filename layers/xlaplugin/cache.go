//go:build cgo && (linux || darwin)

package xlaplugin

/*
#include "buffers.h"
#include "costs.h"
#include <stdlib.h>
*/
import "C"

import (
	"bytes"
	"fmt"
	"os"
	"time"
	"unsafe"
)

// xlapluginCompile stands in for PJRT_Client_Compile.
//
//export xlapluginCompile
func xlapluginCompile(pointer unsafe.Pointer) unsafe.Pointer {
	start := time.Now()
	args := (*C.CompileArgs)(pointer)
	err := opened.Load().compile(args)
	if err == nil {
		C.xlaplugin_note_program(args.executable)
		C.xlaplugin_compiled(C.int64_t(time.Since(start)))
	}
	return err
}

// compile sets args.executable, or returns the plugin's error.
func (p *Plugin) compile(args *C.CompileArgs) unsafe.Pointer {
	cached := p.folder.path != ""
	var device []byte
	if cached {
		device, cached = p.device(args.client)
	}
	var k string
	if cached {
		program := args.program
		k = key(p.about, device, []byte(os.Getenv("XLA_FLAGS")), view(program.format, program.format_size),
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

// device says what a client's devices are, and whether that, what [describe]
// knows and the program are all that its executables depend on: so it is for
// processors and NVIDIA's GPUs.
func (p *Plugin) device(client unsafe.Pointer) (about []byte, known bool) {
	name, ok := p.clientText(p.api.Client_PlatformName, client)
	if !ok || name != "cpu" && name != "cuda" {
		return nil, false
	}
	version, ok := p.clientText(p.api.Client_PlatformVersion, client)
	if !ok {
		return nil, false
	}
	kinds, ok := p.kinds(client)
	return fmt.Appendf(nil, "%s\n%s\n%q", name, version, kinds), ok
}

// clientText calls one of PJRT's functions that return a client's name or
// version.
func (p *Plugin) clientText(f C.Function, client unsafe.Pointer) (string, bool) {
	a := alloc[C.ClientTextArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.client = C.sizeof_ClientTextArgs, client
	if !p.ok(C.xlaplugin_call(f, unsafe.Pointer(a))) {
		return "", false
	}
	return string(view(a.text, a.text_size)), true
}

// kinds are what vendors call a client's devices: "NVIDIA H200".
func (p *Plugin) kinds(client unsafe.Pointer) (kinds []string, ok bool) {
	a := alloc[C.DevicesArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.client = C.sizeof_DevicesArgs, client
	if !p.ok(C.xlaplugin_call(p.api.Client_AddressableDevices, unsafe.Pointer(a))) {
		return nil, false
	}
	d, t := alloc[C.DescriptionArgs](), alloc[C.DescriptionTextArgs]()
	defer C.free(unsafe.Pointer(d))
	defer C.free(unsafe.Pointer(t))
	for _, device := range unsafe.Slice(a.devices, int(a.num_devices)) {
		d.struct_size, d.device = C.sizeof_DescriptionArgs, device
		if !p.ok(C.xlaplugin_call(p.api.Device_GetDescription, unsafe.Pointer(d))) {
			return nil, false
		}
		t.struct_size, t.description = C.sizeof_DescriptionTextArgs, d.description
		if !p.ok(C.xlaplugin_call(p.api.DeviceDescription_Kind, unsafe.Pointer(t))) {
			return nil, false
		}
		kinds = append(kinds, string(view(t.text, t.text_size)))
	}
	return kinds, true
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

// serializable tells whether an executable can be written and read back.
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
	return p.ok(C.xlaplugin_call(p.api.Executable_OptimizedProgram, unsafe.Pointer(a))) &&
		keepable(view(program.code, program.code_size), os.Getenv("XLA_FLAGS"))
}
