package host

import (
	"bytes"
	"reflect"
	"strings"
	"unsafe"
)

// Variables of a function may point to memory on its goroutine's stack: a slice
// of a local array does. Were a hook to let such pointers out, the compiler would
// take that memory from the heap, whether something stops or not. So the hook
// promises that the host keeps none of them. This file keeps the promise: the
// debugger gets copies of the variables in which what lay on the stack is a copy
// in the heap. When the goroutine goes on, what has changed in the copies goes
// back. Pointers to the stack are only in variables of this goroutine meanwhile,
// where the runtime finds them if it moves the stack.
//
// Hooks pass variables in this way whose types consist of numbers, strings,
// slices, pointers, arrays and structs. What the others point to is in the heap.

// onStack tells of an address on a goroutine's stack.
var onStack = func(at unsafe.Pointer) bool { return false }

// Keep lets a hook pass a pointer without that promise: cells declare this
// function without its body, so their compiler expects the worst of it.
func Keep(variable any) any { return variable }

// snapshot is a copy of what some variables had.
type snapshot struct {
	copies []any    // pointers to the copies
	before [][]byte // what was in them
	blocks []block
}

// block is memory that lay on the stack.
type block struct {
	offset uintptr // from the list of the hook's pointers, which is on the stack, too
	t      reflect.Type
	count  int
	copied unsafe.Pointer
	before []byte
}

func (b block) size() uintptr { return b.t.Size() * uintptr(b.count) }

func (b block) memory() []byte { return unsafe.Slice((*byte)(b.copied), b.size()) }

// takeSnapshot copies variables, to which a hook has passed pointers.
func takeSnapshot(variables []any) *snapshot {
	s := &snapshot{copies: make([]any, len(variables)), before: make([][]byte, len(variables))}
	base := unsafe.Pointer(unsafe.SliceData(variables))
	for i := range variables {
		t := reflect.TypeOf(variables[i]).Elem()
		one := reflect.New(t)
		s.fill(base, t, one.UnsafePointer(), pointerIn(&variables[i]))
		s.copies[i], s.before[i] = one.Interface(), bytes.Clone(memory(one.Interface()))
	}
	for i, b := range s.blocks {
		s.blocks[i].before = bytes.Clone(b.memory())
	}
	return s
}

// pointerIn is the pointer that a value in an interface is.
func pointerIn(value *any) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(value))[1] }

// fill copies a value to the heap. base is the list of the hook's pointers. No
// pointer to the stack is ever in the heap, not even for a moment.
func (s *snapshot) fill(base unsafe.Pointer, t reflect.Type, to, from unsafe.Pointer) {
	eachWord(t, 0, func(t reflect.Type, offset uintptr) {
		to, from := unsafe.Add(to, offset), unsafe.Add(from, offset)
		switch t.Kind() {
		case reflect.Pointer:
			*(*unsafe.Pointer)(to) = s.heap(base, t.Elem(), 1, *(*unsafe.Pointer)(from))
		case reflect.Slice:
			had := *(*[]byte)(from)
			data := s.heap(base, t.Elem(), cap(had), unsafe.Pointer(unsafe.SliceData(had)))
			*(*[]byte)(to) = sliceOf(data, len(had), cap(had))
		case reflect.String:
			text := *(*string)(from)
			if onStack(unsafe.Pointer(unsafe.StringData(text))) {
				text = strings.Clone(text)
			}
			*(*string)(to) = text
		case reflect.Interface:
			*(*any)(to) = *(*any)(from)
		case reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
			*(*unsafe.Pointer)(to) = *(*unsafe.Pointer)(from)
		default:
			copy(unsafe.Slice((*byte)(to), t.Size()), unsafe.Slice((*byte)(from), t.Size()))
		}
	})
}

// sliceOf is a slice whose length and capacity may count elements of any size.
func sliceOf(data unsafe.Pointer, length, capacity int) (s []byte) {
	header := (*struct {
		data             unsafe.Pointer
		length, capacity int
	})(unsafe.Pointer(&s))
	header.data, header.length, header.capacity = data, length, capacity
	return s
}

// eachWord calls do for the parts of a type that are no structs and arrays. An
// array without pointers is one part.
func eachWord(t reflect.Type, offset uintptr, do func(t reflect.Type, offset uintptr)) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			eachWord(f.Type, offset+f.Offset, do)
		}
	case reflect.Array:
		if plainNumbers(t.Elem()) {
			do(t, offset)
			return
		}
		for i := range t.Len() {
			eachWord(t.Elem(), offset+uintptr(i)*t.Elem().Size(), do)
		}
	default:
		do(t, offset)
	}
}

// plainNumbers tells of types without pointers, as far as one look tells.
func plainNumbers(t reflect.Type) bool {
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Complex128 ||
		t.Kind() == reflect.Array && plainNumbers(t.Elem())
}

// heap is where memory is that a variable points to: where it was, or if that is
// on the stack, the copy of it.
func (s *snapshot) heap(base unsafe.Pointer, t reflect.Type, count int, at unsafe.Pointer) unsafe.Pointer {
	if at == nil || !onStack(at) {
		return at
	}
	b := block{offset: uintptr(at) - uintptr(base), t: t, count: count}
	for _, known := range s.blocks {
		if b.offset-known.offset <= known.size() && b.offset-known.offset+b.size() <= known.size() {
			return unsafe.Add(known.copied, b.offset-known.offset)
		}
	}
	b.copied = reflect.MakeSlice(reflect.SliceOf(t), count, count).UnsafePointer()
	s.blocks = append(s.blocks, b)
	for i := range count {
		s.fill(base, t, unsafe.Add(b.copied, uintptr(i)*t.Size()), unsafe.Add(at, uintptr(i)*t.Size()))
	}
	return b.copied
}

// putBack brings what has changed in the copies to the variables and to the stack.
// A bit says of each variable that it has.
func (s *snapshot) putBack(variables []any) (set uint64) {
	base := unsafe.Pointer(unsafe.SliceData(variables))
	for i, copied := range s.copies {
		if bytes.Equal(s.before[i], memory(copied)) {
			continue
		}
		set |= 1 << i
		v := reflect.ValueOf(copied)
		s.back(base, v.Type().Elem(), pointerIn(&variables[i]), v.UnsafePointer(), s.before[i])
	}
	for _, b := range s.blocks {
		size := b.t.Size()
		for i := range uintptr(b.count) {
			to, from := unsafe.Add(base, b.offset+i*size), unsafe.Add(b.copied, i*size)
			s.back(base, b.t, to, from, b.before[i*size:][:size])
		}
	}
	return set
}

// back copies the parts of a value that are others than before.
func (s *snapshot) back(base unsafe.Pointer, t reflect.Type, to, from unsafe.Pointer, before []byte) {
	eachWord(t, 0, func(t reflect.Type, offset uintptr) {
		to, from := unsafe.Add(to, offset), unsafe.Add(from, offset)
		if bytes.Equal(before[offset:][:t.Size()], unsafe.Slice((*byte)(from), t.Size())) {
			return
		}
		switch t.Kind() {
		case reflect.Pointer:
			*(*unsafe.Pointer)(to) = s.stack(base, *(*unsafe.Pointer)(from))
		case reflect.Slice:
			has := *(*[]byte)(from)
			data := s.stack(base, unsafe.Pointer(unsafe.SliceData(has)))
			*(*[]byte)(to) = sliceOf(data, len(has), cap(has))
		case reflect.String:
			*(*string)(to) = *(*string)(from)
		case reflect.Interface:
			*(*any)(to) = *(*any)(from)
		case reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
			*(*unsafe.Pointer)(to) = *(*unsafe.Pointer)(from)
		default:
			copy(unsafe.Slice((*byte)(to), t.Size()), unsafe.Slice((*byte)(from), t.Size()))
		}
	})
}

// stack is where memory is that a copy points to: where it is, or if that is the
// copy of something on the stack, there.
func (s *snapshot) stack(base, at unsafe.Pointer) unsafe.Pointer {
	for _, b := range s.blocks {
		if within := uintptr(at) - uintptr(b.copied); within < b.size() {
			return unsafe.Add(base, b.offset+within)
		}
	}
	return at
}
