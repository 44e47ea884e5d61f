//go:build linux && cgo && (amd64 || arm64)

package host

/*
#cgo linux LDFLAGS: -ldl
#define _GNU_SOURCE // for RTLD_DEFAULT
#include <dlfcn.h>
#include <stdlib.h>

static void *cell_open(const char *path, char **problem) {
	// Global, so that the next cell's variables and types are bound to the
	// ones of this cell: that is how they live on.
	void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!handle) *problem = dlerror();
	return handle;
}
*/
import "C"

import (
	"errors"
	"fmt"
	_ "plugin" // lets the library export the check of package versions
	"unsafe"

	_ "github.com/gocifar/gocifar/kernel/internal/engine/host/module"
)

// initTask is an opaque record of the runtime's.
type initTask struct{}

// These two are what package plugin's Open is made of. Open itself cannot be
// used, because it looks for every exported name of a cell under the plugin's
// own path, and ours are all under one path.
//
//go:linkname lastmoduleinit plugin.lastmoduleinit
func lastmoduleinit() (path string, symbols map[string]any, tasks []*initTask, problem string)

//go:linkname doInit runtime.doInit
func doInit(tasks []*initTask)

// opened are the libraries that load has opened, whatever became of them: a
// package whose initialization did not end cannot be initialized again.
var opened = map[string]bool{}

// load opens a plugin, runs the initialization of packages that are new to this
// process, and returns the function of the symbol entry, if that is not empty.
func load(path, entry string) (func(), error) {
	if opened[path] {
		return nil, errors.New("their initialization has failed in this process; %reload begins anew")
	}
	opened[path] = entry == "" // cells have files of their own
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var problem *C.char
	handle := C.cell_open(name, &problem)
	if handle == nil {
		return nil, errors.New(C.GoString(problem))
	}
	_, _, tasks, mismatch := lastmoduleinit()
	if mismatch != "" {
		return nil, errors.New(mismatch)
	}
	doInit(tasks)
	if entry == "" {
		findXLA()
		return nil, nil
	}
	if f := function(handle, entry); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%s has no symbol %s", path, entry)
}

// symbol finds a function without arguments in all that is loaded, or nil.
func symbol(name string) func() { return function(C.RTLD_DEFAULT, name) }

// function finds a function without arguments in a plugin, or nil.
func function(handle unsafe.Pointer, name string) func() {
	symbol := C.CString(name)
	defer C.free(unsafe.Pointer(symbol))
	code := C.dlsym(handle, symbol)
	if code == nil {
		return nil
	}
	// A func value is a pointer to a word that holds the code's address.
	closure := &code
	return *(*func())(unsafe.Pointer(&closure))
}
