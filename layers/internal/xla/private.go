package xla

import (
	"reflect"
	"unsafe"
)

// private reads a field of the struct that pointer points to, if there is one
// of that name and type.
func private[T any](pointer any, name string) (value T, ok bool) {
	place, ok := field[T](pointer, name)
	if !ok {
		return value, false
	}
	return *place, true
}

// field returns where a field of the struct that pointer points to lies, if
// there is one of that name and type.
func field[T any](pointer any, name string) (place *T, ok bool) {
	v := reflect.ValueOf(pointer)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, false
	}
	f := v.Elem().FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil, false
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr())), true
}
