package peek

import (
	"reflect"
	"time"
)

// sizer adds up the memory that a value keeps.
type sizer struct {
	seen  map[uintptr]bool
	work  []block
	total int64
	left  int // blocks of memory that may still be looked at
	until time.Time
}

// block is memory with n values of a type.
type block struct {
	t  reflect.Type
	at uintptr
	n  int
}

// deepSize is the memory of a value and of all that it refers to, each piece
// once. It is only a part, and whole is false, when there are more than most
// pieces or the time is up.
func deepSize(t reflect.Type, at uintptr, most int, until time.Time) (size int64, whole bool) {
	s := sizer{seen: map[uintptr]bool{}, left: most, until: until, total: int64(t.Size())}
	s.seen[at] = true
	if hasPointers(t) {
		s.work = append(s.work, block{t, at, 1})
	}
	for len(s.work) > 0 {
		b := s.work[len(s.work)-1]
		s.work = s.work[:len(s.work)-1]
		if !s.visit(b) {
			return s.total, false
		}
	}
	return s.total, true
}

// visit looks at the values in a block, as many as may be looked at.
func (s *sizer) visit(b block) bool {
	const chunk = 1 << 14
	size := int(b.t.Size())
	if size == 0 {
		return true
	}
	at := max(1, chunk/size)
	for i := 0; i < b.n; i += at {
		n := min(at, b.n-i)
		if s.left -= 1 + n/64; s.left < 0 || !s.until.IsZero() && s.left%16 == 0 && time.Now().After(s.until) {
			return false
		}
		data := bytes(b.at+uintptr(i*size), n*size)
		for j := range n {
			if data != nil {
				s.value(b.t, data[j*size:(j+1)*size])
			}
		}
	}
	return true
}

// add counts a block once, and remembers to look into it.
func (s *sizer) add(t reflect.Type, at uintptr, n int) {
	if at == 0 || n <= 0 || t == nil || t.Size() == 0 || s.seen[at] || !exists(at, n, int(t.Size())) {
		return
	}
	s.seen[at] = true
	s.total += int64(n) * int64(t.Size())
	if hasPointers(t) {
		s.work = append(s.work, block{t, at, n})
	}
}

// exists tells whether there can be n values at an address: a length that was
// read while it changed may be any number.
func exists(at uintptr, n, size int) bool {
	const most = 1 << 47 // of addresses
	if n > most/size {
		return false
	}
	return n*size < 1<<20 || bytes(at, 1) != nil && bytes(at+uintptr(n*size-1), 1) != nil
}

var byteType = reflect.TypeFor[byte]()

// value adds what a value refers to.
func (s *sizer) value(t reflect.Type, data []byte) {
	switch t.Kind() {
	case reflect.Pointer:
		s.add(t.Elem(), word(data), 1)
	case reflect.Slice:
		b := sliceOf(data)
		s.add(t.Elem(), b.at, b.cap)
	case reflect.String:
		b := stringOf(data)
		s.add(byteType, b.at, b.len)
	case reflect.Interface:
		if dynamic, _ := inside(t, data); dynamic != nil {
			if direct(dynamic) {
				s.value(dynamic, data[wordSize:2*wordSize])
			} else {
				s.add(dynamic, word(data[wordSize:]), 1)
			}
		}
	case reflect.Map:
		s.table(t, word(data))
	case reflect.Chan:
		if w := words(word(data), 2); w != nil && w[1] < 1<<30 {
			s.add(byteType, word(data), 96+int(w[1]*t.Elem().Size()))
		}
	case reflect.Array:
		for i := range t.Len() {
			if !hasPointers(t.Elem()) {
				break
			}
			size := int(t.Elem().Size())
			s.value(t.Elem(), data[i*size:(i+1)*size])
		}
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); hasPointers(f.Type) {
				s.value(f.Type, data[f.Offset:f.Offset+f.Type.Size()])
			}
		}
	}
}

// table adds a map.
func (s *sizer) table(t reflect.Type, at uintptr) {
	m, known := mapTypeOf(t)
	if at == 0 || s.seen[at] || !known || !mapsReadable() {
		return
	}
	s.seen[at] = true
	s.total += 48
	pointing := hasPointers(t.Key()) || hasPointers(t.Elem())
	m.groups(at, func(group uintptr) bool {
		s.total += int64(m.group)
		s.left--
		return s.left > 0
	})
	if !pointing && !m.indirectKey && !m.indirectElement {
		return
	}
	m.entries(at, func(key, elem uintptr) bool {
		s.left--
		for _, one := range []struct {
			t        reflect.Type
			at       uintptr
			indirect bool
		}{{t.Key(), key, m.indirectKey}, {t.Elem(), elem, m.indirectElement}} {
			switch {
			case one.indirect:
				s.add(one.t, one.at, 1)
			case hasPointers(one.t):
				if data := bytes(one.at, int(one.t.Size())); data != nil {
					s.value(one.t, data)
				}
			}
		}
		return s.left > 0
	})
}
