package peek

import (
	"reflect"
	"sync"
	"unsafe"
)

// descriptor is the beginning of what the runtime knows of a type
// (internal/abi.Type).
type descriptor struct {
	size, pointers           uintptr
	hash                     uint32
	flags, align, fieldAlign uint8
	kind                     uint8
}

// known are types by address that have been checked.
var known sync.Map

// typeAt is the type whose descriptor lies at an address, or nil. The address
// comes from memory that may be anything by now.
func typeAt(at uintptr) reflect.Type {
	if t, ok := known.Load(at); ok {
		return t.(reflect.Type)
	}
	if at == 0 || at%wordSize != 0 || !fileBacked(at) || !plausible(at) {
		return nil
	}
	// The descriptor is in a library's file, so the garbage collector has no
	// interest in the pointer.
	var value any
	(*[2]uintptr)(unsafe.Pointer(&value))[0] = at
	t := reflect.TypeOf(value)
	known.Store(at, t)
	return t
}

// sizes are those of kinds that have one.
var sizes = map[reflect.Kind]uintptr{reflect.Bool: 1, reflect.Int: 8, reflect.Int8: 1, reflect.Int16: 2,
	reflect.Int32: 4, reflect.Int64: 8, reflect.Uint: 8, reflect.Uint8: 1, reflect.Uint16: 2, reflect.Uint32: 4,
	reflect.Uint64: 8, reflect.Uintptr: 8, reflect.Float32: 4, reflect.Float64: 8, reflect.Complex64: 8,
	reflect.Complex128: 16, reflect.Chan: 8, reflect.Func: 8, reflect.Interface: 16, reflect.Map: 8, reflect.Pointer: 8,
	reflect.Slice: 24, reflect.String: 16, reflect.UnsafePointer: 8}

// plausible tells whether what lies at an address can be a type's descriptor.
func plausible(at uintptr) bool {
	b := bytes(at, int(unsafe.Sizeof(descriptor{})))
	if b == nil {
		return false
	}
	d := *(*descriptor)(unsafe.Pointer(&b[0]))
	kind := reflect.Kind(d.kind & 31) // older versions of Go have flags beside it
	size, fixed := sizes[kind]
	return kind > reflect.Invalid && kind <= reflect.UnsafePointer &&
		d.pointers <= d.size && d.pointers%wordSize == 0 &&
		(!fixed || size == d.size) && d.align > 0 && d.align <= wordSize && d.align&(d.align-1) == 0 &&
		d.fieldAlign > 0 && d.fieldAlign <= wordSize
}

// addressOf is where a type's descriptor lies.
func addressOf(t reflect.Type) uintptr { return (*[2]uintptr)(unsafe.Pointer(&t))[1] }

var pointing sync.Map // reflect.Type to bool

// hasPointers tells whether values of a type refer to other memory.
func hasPointers(t reflect.Type) bool {
	if has, ok := pointing.Load(t); ok {
		return has.(bool)
	}
	b := bytes(addressOf(t), 2*wordSize)
	has := b == nil || word(b[wordSize:]) > 0
	pointing.Store(t, has)
	return has
}
