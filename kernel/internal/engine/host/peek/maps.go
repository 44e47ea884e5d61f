package peek

import (
	"reflect"
	"sync"
)

// Maps are read as the runtime lays them out (internal/runtime/maps, the same
// from Go 1.24 to 1.26). Whether this Go has that layout is found out with maps
// of our own; of one that has not, only the length is shown.

// mapType is what the runtime knows of a map's type beside what reflect tells
// (internal/abi.MapType).
type mapType struct {
	group                        uintptr // size
	slot, elem                   uintptr // a slot's size, and where in it the element is
	indirectKey, indirectElement bool
}

const (
	mapTypeStart = 48           // behind the descriptor of any type
	groupSizeAt  = 4 * wordSize // behind key, element, group and hash function
	groupSlots   = 8
	emptySlot    = 0x80 // the bit of a slot's control byte that says there is nothing
	indirectKey  = 4
	indirectElem = 8
)

var mapTypes sync.Map // reflect.Type to mapType

func mapTypeOf(t reflect.Type) (mapType, bool) {
	if m, ok := mapTypes.Load(t); ok {
		return m.(mapType), true
	}
	w := words(addressOf(t)+mapTypeStart+groupSizeAt, 4)
	if w == nil {
		return mapType{}, false
	}
	m := mapType{group: w[0], slot: w[1], elem: w[2], indirectKey: w[3]&indirectKey != 0,
		indirectElement: w[3]&indirectElem != 0}
	if m.slot == 0 && m.group > wordSize || m.group < wordSize || m.elem > m.slot ||
		m.group < wordSize+groupSlots*m.slot {
		return mapType{}, false
	}
	mapTypes.Store(t, m)
	return m, true
}

// mapLength is how many entries a map has. A map is a pointer to a record that
// begins with it.
func mapLength(at uintptr) (n int, ok bool) {
	if at == 0 {
		return 0, true
	}
	w := words(at, 1)
	if w == nil || int(w[0]) < 0 {
		return 0, false
	}
	return int(w[0]), true
}

// groups calls do with the places of a map's groups of slots until do is false.
func (m mapType) groups(at uintptr, do func(at uintptr) bool) {
	head := words(at, 4) // used, seed, directory, length of the directory
	if head == nil || head[2] == 0 {
		return
	}
	if head[3] == 0 { // no directory, but one group
		do(head[2])
		return
	}
	last := uintptr(0)
	for i := range head[3] {
		table := words(head[2]+i*wordSize, 1)
		if table == nil {
			return
		}
		if table[0] == last {
			continue // stands several times
		}
		last = table[0]
		groups := words(last+2*wordSize, 2) // place, number less one
		if groups == nil || groups[1] > 1<<13 {
			return // a table has no more than 1024 slots
		}
		for g := range groups[1] + 1 {
			if !do(groups[0] + g*m.group) {
				return
			}
		}
	}
}

// entries calls do with the places of keys and elements until do is false.
func (m mapType) entries(at uintptr, do func(key, elem uintptr) bool) {
	m.groups(at, func(group uintptr) bool {
		control := bytes(group, wordSize)
		for i := range control {
			if control[i]&emptySlot != 0 {
				continue
			}
			key := group + wordSize + uintptr(i)*m.slot
			elem := key + m.elem
			for _, one := range []struct {
				at       *uintptr
				indirect bool
			}{{&key, m.indirectKey}, {&elem, m.indirectElement}} {
				if one.indirect {
					w := words(*one.at, 1)
					if w == nil {
						return false
					}
					*one.at = w[0]
				}
			}
			if !do(key, elem) {
				return false
			}
		}
		return control != nil
	})
}

// mapsReadable tells whether maps are laid out as is written here.
var mapsReadable = sync.OnceValue(func() bool {
	small, large := map[string]int32{"a": 1}, map[[17]uint64]uint16{}
	for i := range 2000 {
		large[[17]uint64{uint64(i)}] = uint16(i)
	}
	sums := map[reflect.Type]int{}
	for _, value := range []reflect.Value{reflect.ValueOf(small), reflect.ValueOf(large)} {
		t := value.Type()
		m, ok := mapTypeOf(t)
		if !ok {
			return false
		}
		n := 0
		m.entries(value.Pointer(), func(_, elem uintptr) bool {
			b := bytes(elem, int(t.Elem().Size()))
			for i := range b {
				sums[t] += int(b[i]) << (8 * i)
			}
			n++
			return n <= 2000
		})
		if length, ok := mapLength(value.Pointer()); !ok || length != value.Len() || n != length {
			return false
		}
	}
	return sums[reflect.TypeOf(small)] == 1 && sums[reflect.TypeOf(large)] == 1999*1000
})
