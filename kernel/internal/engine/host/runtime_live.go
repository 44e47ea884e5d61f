//go:build gocifar_live

package host

import (
	"os"
	"unsafe"
)

// What follows is not for everyone: it binds parts of the standard library that
// it does not offer, some of which only the library for cells has (package
// library, overlay.go).

//go:linkname profileLabels runtime/pprof.runtime_getProfLabel
func profileLabels() (labels uintptr)

//go:linkname osExit os.liveExit
var osExit func(code int)

//go:linkname runtimePanic runtime.livePanic
var runtimePanic func(value any)

//go:linkname osInput os.liveInput
var osInput func()

//go:linkname osOutput os.liveOutput
var osOutput func(f *os.File, b []byte) bool

//go:linkname typelinksinit runtime.liveTypelinksinit
func typelinksinit()

//go:linkname inHeapOrStack runtime.inHeapOrStack
func inHeapOrStack(at uintptr) bool

//go:linkname inHeap runtime.inheap
func inHeap(at uintptr) bool

func init() {
	onStack = func(at unsafe.Pointer) bool { return inHeapOrStack(uintptr(at)) && !inHeap(uintptr(at)) }
	collectTypes = typelinksinit
	labels = profileLabels
	install = func(exit func(int), panic func(any), input func(), write func(*os.File, []byte) bool) {
		osExit, runtimePanic, osInput, osOutput = exit, panic, input, write
	}
}
