package peek

import (
	"fmt"
	"reflect"
	"strings"
)

// Form is what somebody who knows tensors asks first.
type Form struct {
	// Shape is the lengths of the axes, such as "(50000, 32, 32, 3)".
	Shape string
	// DType is the type of a tensor's elements.
	DType string
	// Device says where a tensor's elements are: "host", "device 0".
	Device string
}

// formOf finds the form of a value. A tensor is known by what it is made of: a
// field with the name shape, which has DType and Dimensions.
func formOf(t reflect.Type, data []byte) Form {
	switch t.Kind() {
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Struct && hasForm(t.Elem()) {
			if data := bytes(word(data), int(t.Elem().Size())); data != nil {
				return tensorForm(t.Elem(), data)
			}
		}
	case reflect.Struct:
		if hasForm(t) && len(data) >= int(t.Size()) {
			return tensorForm(t, data)
		}
	case reflect.Interface:
		if dynamic, data := inside(t, data); dynamic != nil && len(data) > 0 && dynamic.Kind() != reflect.Interface {
			return formOf(dynamic, data)
		}
	case reflect.Slice, reflect.Array, reflect.String, reflect.Map:
		return Form{Shape: lengths(t, data)}
	}
	return Form{}
}

// shapeField is the field of a tensor that tells its shape.
func shapeField(t reflect.Type) (f reflect.StructField, ok bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if !strings.EqualFold(f.Name, "shape") {
			continue
		}
		if f.Type == reflect.TypeFor[[]int]() && isExamples(t) {
			return f, true
		}
		if f.Type.Kind() != reflect.Struct {
			continue
		}
		dims, ok := f.Type.FieldByName("Dimensions")
		if ok && dims.Type == reflect.TypeFor[[]int]() && len(dims.Index) == 1 {
			return f, true
		}
	}
	return f, false
}

func hasForm(t reflect.Type) bool {
	_, ok := shapeField(t)
	return ok
}

func tensorForm(t reflect.Type, data []byte) Form {
	f, _ := shapeField(t)
	if f.Type.Kind() == reflect.Slice {
		return examplesForm(t, f, data)
	}
	dims, _ := f.Type.FieldByName("Dimensions")
	form := Form{Shape: "?"}
	s := sliceOf(data[f.Offset+dims.Offset:])
	if axes := words(s.at, min(s.len, 16)); axes != nil || s.len == 0 {
		list := make([]string, len(axes))
		for i, n := range axes {
			list[i] = fmt.Sprint(int(n))
		}
		form.Shape = "(" + strings.Join(list, ", ") + ")"
	}
	if d, ok := f.Type.FieldByName("DType"); ok && len(d.Index) == 1 {
		at := f.Offset + d.Offset
		form.DType = text(d.Type, data[at:at+d.Type.Size()], 30, 1, 1)
	}
	form.Device = device(t, data)
	return form
}

// isExamples tells of a set of examples: the shape of one, a label each, and the
// values of all in lists of their types.
func isExamples(t reflect.Type) bool {
	labels, ok := t.FieldByName("Labels")
	return ok && len(labels.Index) == 1 && labels.Type.Kind() == reflect.Slice
}

func examplesForm(t reflect.Type, shape reflect.StructField, data []byte) Form {
	labels, _ := t.FieldByName("Labels")
	list := []string{fmt.Sprint(sliceOf(data[labels.Offset:]).len)}
	s := sliceOf(data[shape.Offset:])
	for _, n := range words(s.at, min(s.len, 16)) {
		list = append(list, fmt.Sprint(int(n)))
	}
	form := Form{Shape: "(" + strings.Join(list, ", ") + ")"}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() != reflect.Slice || f.Name == labels.Name || f.Name == shape.Name {
			continue
		}
		if k := f.Type.Elem().Kind(); k >= reflect.Int && k <= reflect.Float64 && sliceOf(data[f.Offset:]).len > 0 {
			form.DType, form.Device = f.Type.Elem().String(), "host"
			break
		}
	}
	return form
}

// device says where GoMLX's tensors have their elements.
func device(t reflect.Type, data []byte) string {
	var places []string
	if f, ok := t.FieldByName("local"); ok && f.Type.Kind() == reflect.Pointer && word(data[f.Offset:]) != 0 {
		places = append(places, "host")
	}
	if f, ok := t.FieldByName("onDevice"); ok && f.Type.Kind() == reflect.Pointer && word(data[f.Offset:]) != 0 {
		place := "device"
		if on := f.Type.Elem(); on.Kind() == reflect.Struct {
			number, ok := on.FieldByName("deviceNum")
			if b := bytes(word(data[f.Offset:]), int(on.Size())); ok && b != nil {
				place += " " + scalar(number.Type, b[number.Offset:])
			}
		}
		places = append(places, place)
	}
	return strings.Join(places, ", ")
}

// lengths are those of a value and, where they are the same for all, of the
// values in it.
func lengths(t reflect.Type, data []byte) string {
	var list []string
	for len(list) < 8 {
		n, elem, at := 0, reflect.Type(nil), uintptr(0)
		switch t.Kind() {
		case reflect.Slice:
			s := sliceOf(data)
			n, elem, at = s.len, t.Elem(), s.at
		case reflect.Array:
			n, elem = t.Len(), t.Elem()
		case reflect.String:
			n = stringOf(data).len
		case reflect.Map:
			length, ok := mapLength(word(data))
			if !ok {
				return "?"
			}
			n = length
		default:
			elem = nil
			n = -1
		}
		if n < 0 {
			break
		}
		list = append(list, fmt.Sprint(n))
		if elem == nil || n == 0 || elem.Kind() != reflect.Slice && elem.Kind() != reflect.Array {
			break
		}
		if t.Kind() == reflect.Slice {
			data = bytes(at, min(n, 64)*int(elem.Size()))
			n = min(n, 64)
		}
		if elem.Kind() == reflect.Slice && !sameLengths(data, n, int(elem.Size())) {
			break
		}
		t = elem
	}
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func sameLengths(data []byte, n, size int) bool {
	if len(data) < n*size {
		return false
	}
	first := sliceOf(data).len
	for i := range n {
		if sliceOf(data[i*size:]).len != first {
			return false
		}
	}
	return true
}
