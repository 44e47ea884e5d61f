package peek

import (
	"reflect"
	"strconv"
	"time"
)

// Variable is a variable as a list shows it.
type Variable struct {
	Name string
	// Cell is the execution that declared it last.
	Cell int64
	Type string
	// Kind is Go's word for what the type is made of.
	Kind string
	// Size is the memory of the value in bytes, with what it refers to. Partial
	// means that there is more.
	Size    int64
	Partial bool
	Form
	// Text is the value in short, Line a line of bars for numbers.
	Text string
	Line string
	// Reference is a number by which the values in the value can be asked for,
	// 0 if there are none.
	Reference int
}

// Limits bound what one list takes.
type Limits struct {
	// Text is the most bytes of a value's text, Elements how many of a value's
	// elements it has.
	Text, Elements int
	// Blocks is how many pieces of memory of one value are counted, 0 for none.
	Blocks int
	// Until is when counting stops; the zero time is never.
	Until time.Time
}

// Look describes the variable of a type at an address.
func Look(t reflect.Type, at uintptr, limits Limits) Variable {
	data := bytes(at, min(int(t.Size()), 1<<12))
	v := Variable{Type: t.String(), Kind: t.Kind().String(), Size: int64(t.Size())}
	if data == nil {
		v.Text = "?"
		return v
	}
	v.Form = formOf(t, data)
	v.Text = text(t, data, limits.Text, limits.Elements, 3)
	v.Line = sparkline(samples(t, data, 16))
	v.Size, v.Partial = int64(t.Size()), hasPointers(t)
	if limits.Blocks > 0 {
		v.Measure(t, at, limits)
	}
	return v
}

// Measure finds the size of the variable's value, as far as the limits allow.
func (v *Variable) Measure(t reflect.Type, at uintptr, limits Limits) {
	if !v.Partial || !limits.Until.IsZero() && time.Now().After(limits.Until) {
		return // the value is all, or the time is up
	}
	size, whole := deepSize(t, at, limits.Blocks, limits.Until)
	v.Size, v.Partial = size, !whole
}

// Parts describes the values in a value: fields, elements, entries, what a
// pointer points to; the first most of them.
func Parts(t reflect.Type, at uintptr, most int, limits Limits) []Part {
	var list []Part
	add := func(name string, t reflect.Type, at uintptr) {
		v := Look(t, at, limits)
		v.Name = name
		list = append(list, Part{v, t, at})
	}
	// A pointer may point to itself.
	for steps := 0; steps < 8 && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface); steps++ {
		data := bytes(at, int(t.Size()))
		if data == nil {
			return nil
		}
		if t.Kind() == reflect.Pointer {
			t, at = t.Elem(), word(data)
		} else {
			dynamic, _ := inside(t, data)
			if dynamic == nil {
				return nil
			}
			if direct(dynamic) {
				at += wordSize
			} else {
				at = word(data[wordSize:])
			}
			t = dynamic
		}
		if at == 0 {
			return nil
		}
		if k := t.Kind(); k != reflect.Pointer && k != reflect.Interface && !Compound(t) {
			add("*", t, at)
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		for i := range min(t.NumField(), most) {
			add(t.Field(i).Name, t.Field(i).Type, at+t.Field(i).Offset)
		}
	case reflect.Array:
		for i := range min(t.Len(), most) {
			add(index(i), t.Elem(), at+uintptr(i)*t.Elem().Size())
		}
	case reflect.Slice:
		data := bytes(at, int(t.Size()))
		if data == nil {
			return nil
		}
		s := sliceOf(data)
		for i := range min(s.len, most) {
			add(index(i), t.Elem(), s.at+uintptr(i)*t.Elem().Size())
		}
	case reflect.Map:
		data := bytes(at, int(t.Size()))
		m, known := mapTypeOf(t)
		if data == nil || !known || !mapsReadable() {
			return nil
		}
		m.entries(word(data), func(key, elem uintptr) bool {
			name := text(t.Key(), bytes(key, min(int(t.Key().Size()), 1<<12)), 60, 4, 2)
			add("["+name+"]", t.Elem(), elem)
			return len(list) < most
		})
	}
	return list
}

// Part is a value in a value.
type Part struct {
	Variable
	Of reflect.Type
	At uintptr
}

// Compound tells whether values of a type have parts.
func Compound(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		return t.NumField() > 0
	case reflect.Array, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return true
	}
	return false
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }
