package peek

import (
	"math"
	"reflect"
	"strings"
)

// samples are numbers from a list of numbers, evenly spread over it.
func samples(t reflect.Type, data []byte, most int) []float64 {
	var at uintptr
	n := 0
	switch t.Kind() {
	case reflect.Slice:
		s := sliceOf(data)
		at, n = s.at, s.len
	case reflect.Array:
		n = t.Len()
	default:
		return nil
	}
	elem := t.Elem()
	k := elem.Kind()
	if k < reflect.Int || k > reflect.Float64 || k == reflect.Uintptr || n == 0 {
		return nil
	}
	size := int(elem.Size())
	one := func(i int) []byte {
		if t.Kind() == reflect.Array {
			return data[min(i*size, len(data)):min((i+1)*size, len(data))]
		}
		return bytes(at+uintptr(i*size), size)
	}
	if n <= most*64/size && t.Kind() == reflect.Slice {
		all := bytes(at, n*size) // one call instead of many
		one = func(i int) []byte { return all[min(i*size, len(all)):min((i+1)*size, len(all))] }
	}
	list := make([]float64, 0, min(n, most))
	for i := range min(n, most) {
		b := one(int(int64(i) * int64(n) / int64(min(n, most))))
		if len(b) < size {
			return list
		}
		switch {
		case k <= reflect.Int64:
			list = append(list, float64(int64(number(elem, b))))
		case k <= reflect.Uint64:
			list = append(list, float64(number(elem, b)))
		default:
			list = append(list, float(elem, b))
		}
	}
	return list
}

const bars = "▁▂▃▄▅▆▇█"

// sparkline draws numbers as a line of text.
func sparkline(list []float64) string {
	low, high := extent(list)
	if len(list) < 3 || low >= high {
		return ""
	}
	levels := []rune(bars)
	var b strings.Builder
	for _, x := range list {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(levels[min(len(levels)-1, int((x-low)/(high-low)*float64(len(levels))))])
	}
	return b.String()
}

// extent is the range of the finite numbers.
func extent(list []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range list {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			low, high = min(low, x), max(high, x)
		}
	}
	return low, high
}
