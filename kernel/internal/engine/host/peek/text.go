package peek

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// printer writes a value as Go would write it, cut short.
type printer struct {
	strings.Builder
	most  int // bytes of text
	elems int // elements of each value
	depth int // of values in values
}

func text(t reflect.Type, data []byte, most, elems, depth int) string {
	p := &printer{most: most, elems: elems, depth: depth}
	p.value(t, data)
	s := p.String()
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

func (p *printer) full() bool { return p.Len() > p.most }

// value writes a value of a type, of which data has the bytes, or the first of
// them.
func (p *printer) value(t reflect.Type, data []byte) {
	kind := t.Kind()
	need := int(t.Size())
	if kind == reflect.Array || kind == reflect.Struct {
		need = 0 // as many as there are
	}
	if p.full() || len(data) < need {
		p.WriteString("…")
		return
	}
	if s, ok := ofMethod(t, data); ok {
		p.WriteString(s)
		return
	}
	switch kind {
	case reflect.Array:
		p.list("[", "]", t.Elem(), t.Len(), func(i, n int) []byte {
			from := i * int(t.Elem().Size())
			return data[min(from, len(data)):min(from+n, len(data))]
		})
	case reflect.Slice:
		s := sliceOf(data)
		if s.at == 0 {
			p.WriteString("nil")
			return
		}
		p.list("[", "]", t.Elem(), s.len, func(i, n int) []byte { return bytes(s.at+uintptr(i)*t.Elem().Size(), n) })
	case reflect.String:
		p.quoted(stringOf(data))
	case reflect.Struct:
		p.fields(t, data)
	case reflect.Pointer:
		p.pointer(t, word(data))
	case reflect.Interface:
		if dynamic, data := inside(t, data); dynamic == nil && data == nil {
			p.WriteString("nil")
		} else {
			p.nested(dynamic, data)
		}
	case reflect.Map:
		p.entries(t, word(data))
	default:
		p.WriteString(scalar(t, data))
	}
}

// scalar writes a value that has no others in it.
func scalar(t reflect.Type, data []byte) string {
	if w := scalarWord(data); t.Kind() >= reflect.Chan && w == 0 {
		return "nil"
	}
	switch kind := t.Kind(); kind {
	case reflect.Bool:
		return strconv.FormatBool(data[0] != 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(int64(number(t, data)), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(number(t, data), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(float(t, data), 'g', -1, int(t.Size())*8)
	case reflect.Complex64, reflect.Complex128:
		half := len(data[:t.Size()]) / 2
		part := reflect.TypeFor[float64]()
		if kind == reflect.Complex64 {
			part = reflect.TypeFor[float32]()
		}
		return strconv.FormatComplex(complex(float(part, data), float(part, data[half:])), 'g', -1, int(t.Size())*8)
	case reflect.Chan:
		if w := words(scalarWord(data), 2); w != nil {
			return fmt.Sprintf("%d of %d waiting", w[0], w[1])
		}
	case reflect.Func:
		if w := words(scalarWord(data), 1); w != nil {
			if f := runtime.FuncForPC(w[0]); f != nil {
				return f.Name()
			}
		}
		return "func"
	case reflect.UnsafePointer:
		return fmt.Sprintf("%#x", scalarWord(data))
	}
	return "?"
}

func scalarWord(data []byte) uintptr {
	if len(data) < wordSize {
		return 0
	}
	return word(data)
}

// number is an integer, with its sign spread over all bits.
func number(t reflect.Type, data []byte) uint64 {
	var n uint64
	size := int(t.Size())
	for i := range size {
		n |= uint64(data[i]) << (8 * i)
	}
	if k := t.Kind(); k >= reflect.Int && k <= reflect.Int64 {
		shift := 64 - 8*size
		return uint64(int64(n<<shift) >> shift)
	}
	return n
}

func float(t reflect.Type, data []byte) float64 {
	if t.Size() == 4 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return math.Float64frombits(uint64(word(data)))
}

// ofMethod writes numbers of types with a method String, such as time.Duration,
// and points of time. Types of the notebook may do anything in their methods,
// and so may those of values that refer to others.
func ofMethod(t reflect.Type, data []byte) (s string, ok bool) {
	if t == reflect.TypeFor[time.Time]() && len(data) >= int(t.Size()) {
		whole := [24]byte(data)
		clear(whole[16:]) // the place, which is a pointer
		at := reflect.NewAt(t, unsafe.Pointer(&whole)).Elem().Interface().(time.Time)
		return at.Format("2006-01-02 15:04:05 UTC"), true
	}
	k := t.Kind()
	if k < reflect.Bool || k > reflect.Float64 || t.PkgPath() == "" || t.PkgPath() == "main" {
		return "", false
	}
	if !t.Implements(reflect.TypeFor[fmt.Stringer]()) {
		return "", false
	}
	defer func() {
		if recover() != nil {
			s, ok = "", false
		}
	}()
	v := reflect.New(t).Elem()
	switch {
	case v.CanInt():
		v.SetInt(int64(number(t, data)))
	case v.CanUint():
		v.SetUint(number(t, data))
	case v.CanFloat():
		v.SetFloat(float(t, data))
	default:
		return "", false
	}
	return v.Interface().(fmt.Stringer).String(), true
}

// quoted writes a string.
func (p *printer) quoted(s slice) {
	n := min(s.len, p.most+utf8.UTFMax)
	b := bytes(s.at, n)
	if b == nil && n > 0 {
		p.WriteString("?")
		return
	}
	p.WriteString(strconv.Quote(string(b)))
	if n < s.len {
		p.WriteString("…")
	}
}

// list writes elements. part returns the bytes of n elements' from the i-th on.
func (p *printer) list(open, closing string, elem reflect.Type, length int, part func(i, n int) []byte) {
	p.WriteString(open)
	defer p.WriteString(closing)
	size := int(elem.Size())
	shown := min(length, p.elems)
	if p.depth == 0 && hasPointers(elem) {
		shown = 0
	}
	var all []byte
	if size < 1<<12 {
		all = part(0, shown*size)
	} else {
		shown = min(shown, 1)
		all = part(0, min(size, 1<<12))
	}
	p.depth--
	for i := range shown {
		if i > 0 {
			p.WriteString(" ")
		}
		if all == nil && size > 0 || p.full() {
			p.WriteString("…")
			break
		}
		p.value(elem, all[min(i*size, len(all)):min((i+1)*size, len(all))])
	}
	p.depth++
	if shown < length && !p.full() {
		p.WriteString(" …")
	}
}

func (p *printer) fields(t reflect.Type, data []byte) {
	p.WriteString("{")
	defer p.WriteString("}")
	if p.depth == 0 {
		p.WriteString("…")
		return
	}
	p.depth--
	defer func() { p.depth++ }()
	for i := range t.NumField() {
		f := t.Field(i)
		if i > 0 {
			p.WriteString(" ")
		}
		if p.full() {
			p.WriteString("…")
			return
		}
		p.WriteString(f.Name + ":")
		from, to := min(int(f.Offset), len(data)), min(int(f.Offset+f.Type.Size()), len(data))
		p.value(f.Type, data[from:to])
	}
}

func (p *printer) pointer(t reflect.Type, at uintptr) {
	switch {
	case at == 0:
		p.WriteString("nil")
	case p.depth == 0:
		fmt.Fprintf(p, "%#x", at)
	default:
		p.WriteString("&")
		p.nested(t.Elem(), bytes(at, min(int(t.Elem().Size()), 1<<12)))
	}
}

// nested writes a value that another refers to.
func (p *printer) nested(t reflect.Type, data []byte) {
	if t == nil || data == nil || p.depth == 0 {
		p.WriteString("…")
		return
	}
	p.depth--
	p.value(t, data)
	p.depth++
}

func (p *printer) entries(t reflect.Type, at uintptr) {
	n, ok := mapLength(at)
	m, known := mapTypeOf(t)
	switch {
	case at == 0:
		p.WriteString("nil")
		return
	case !ok:
		p.WriteString("?")
		return
	case !known || !mapsReadable() || p.depth == 0:
		fmt.Fprintf(p, "map of %d", n)
		return
	}
	p.WriteString("map[")
	defer p.WriteString("]")
	p.depth--
	defer func() { p.depth++ }()
	shown := 0
	m.entries(at, func(key, elem uintptr) bool {
		if shown > 0 {
			p.WriteString(" ")
		}
		if p.full() || shown >= p.elems {
			p.WriteString("…")
			return false
		}
		shown++
		p.value(t.Key(), bytes(key, min(int(t.Key().Size()), 1<<12)))
		p.WriteString(":")
		p.value(t.Elem(), bytes(elem, min(int(t.Elem().Size()), 1<<12)))
		return true
	})
}

// inside is the value in an interface value: its type, and its bytes. Both are
// nil for nil; only the type is if it makes no sense.
func inside(t reflect.Type, data []byte) (dynamic reflect.Type, value []byte) {
	tab, at := word(data), word(data[wordSize:])
	if tab == 0 {
		return nil, nil
	}
	if t.NumMethod() > 0 { // the type stands in a table, behind the interface's own
		w := words(tab+wordSize, 1)
		if w == nil {
			return nil, []byte{}
		}
		tab = w[0]
	}
	dynamic = typeAt(tab)
	if dynamic == nil {
		return nil, []byte{}
	}
	if direct(dynamic) {
		return dynamic, data[wordSize : 2*wordSize]
	}
	value = bytes(at, min(int(dynamic.Size()), 1<<12))
	if value == nil {
		value = []byte{}
	}
	return dynamic, value
}

// direct tells whether an interface value holds a value of the type itself,
// which is then a pointer.
func direct(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.Func, reflect.Map, reflect.UnsafePointer:
		return true
	case reflect.Array:
		return t.Len() == 1 && direct(t.Elem())
	case reflect.Struct:
		return t.NumField() == 1 && direct(t.Field(0).Type)
	}
	return false
}
