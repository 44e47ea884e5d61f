//go:build linux && (amd64 || arm64)

package peek

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// look describes the variable that a pointer points to.
func look(pointer any) Variable {
	defer runtime.KeepAlive(pointer)
	v := reflect.ValueOf(pointer).Elem()
	return Look(v.Type(), v.Addr().Pointer(), Limits{Text: 60, Elements: 5, Blocks: 100_000})
}

type point struct {
	X, Y int
	name string
}

type loop struct{ Next *loop }

type itself *itself

// enum is of a package that is not the notebook's, so its method is called.
type enum int

func (e enum) String() string { return [...]string{"red", "green"}[e] }

func TestLook(t *testing.T) {
	circle := &loop{}
	circle.Next = circle
	var own itself
	own = &own
	queue := make(chan int, 10)
	queue <- 1
	huge := map[int]string{}
	for i := range 100_000 {
		huge[i] = "x"
	}
	ragged, even := [][]int{{1}, {1, 2}}, [][]int{{1, 2}, {3, 4}}
	wave := make([]float64, 1000)
	for i := range wave {
		wave[i] = math.Sin(float64(i) / 100)
	}
	var nothing any
	var err error = errors.New("no such file")
	var pointer *point
	for _, c := range []struct {
		pointer any
		text    string
		shape   string
		line    string
	}{
		{new(int8(-3)), "-3", "", ""},
		{new(uint64(math.MaxUint64)), "18446744073709551615", "", ""},
		{new(float32(0.1)), "0.1", "", ""},
		{new(math.Inf(-1)), "-Inf", "", ""},
		{new(complex64(1 + 2i)), "(1+2i)", "", ""},
		{new(true), "true", "", ""},
		{new("a\nü"), `"a\nü"`, "4", ""},
		{new(strings.Repeat("x", 1000)), `"` + strings.Repeat("x", 59) + "…", "1000", ""},
		{new(90 * time.Second), "1m30s", "", ""},
		{new(enum(1)), "green", "", ""},
		{new(enum(7)), "7", "", ""}, // its method panics
		{new(time.Date(2026, 11, 29, 1, 2, 3, 0, time.UTC)), "2026-11-29 01:02:03 UTC", "", ""},
		{&point{1, 2, "p"}, `{X:1 Y:2 name:"p"}`, "", ""},
		{new(&point{1, 2, "p"}), `&{X:1 Y:2 name:"p"}`, "", ""},
		{&pointer, "nil", "", ""},
		{&nothing, "nil", "", ""},
		{&err, `&{s:"no such file"}`, "", ""},
		{new(any(point{Y: 5})), `{X:0 Y:5 name:""}`, "", ""},
		{new(any(7)), "7", "", ""},
		{new([]int{3, 1, 2}), "[3 1 2]", "3", "█▁▅"},
		{new([]byte(nil)), "nil", "0", ""},
		{new([3]bool{true}), "[true false false]", "3", ""},
		{&ragged, "[[1] [1 2]]", "2", ""},
		{&even, "[[1 2] [3 4]]", "(2, 2)", ""},
		{new([2][3]int8{}), "[[0 0 0] [0 0 0]]", "(2, 3)", ""},
		{new(map[string]int{"a": 1}), `map["a":1]`, "1", ""},
		{new(map[string]int(nil)), "nil", "0", ""},
		{new(map[[20]int]point{{1}: {X: 1}}), "map[[1 0 0 0 0 …]:{X:1 Y:0 name:\"\"}]", "1", ""},
		{&queue, "1 of 10 waiting", "", ""},
		{new(fmt.Sprint), "fmt.Sprint", "", ""},
		{new((func())(nil)), "nil", "", ""},
	} {
		v := look(c.pointer)
		if v.Text != c.text || v.Shape != c.shape || c.line != "" && v.Line != c.line {
			t.Errorf("%s: text %q, shape %q, line %q; want %q, %q, %q", v.Type, v.Text, v.Shape, v.Line, c.text, c.shape, c.line)
		}
	}
	for _, pointer := range []any{&circle, &own, &huge, &wave, new(any(circle))} {
		v := look(pointer)
		if v.Text == "" || len(v.Text) > 80 {
			t.Errorf("%s: text %q", v.Type, v.Text)
		}
	}
	if v := look(&wave); v.Line != "▄▆▇██▇▆▄▃▂▁▁▁▂▃▅" && len([]rune(v.Line)) != 16 {
		t.Errorf("1000 numbers become the line %q", v.Line)
	}
	if v := look(&huge); v.Shape != "100000" || v.Size < 100_000*20 || v.Size > 100_000*80 {
		t.Errorf("a map of 100,000 has shape %s, %d bytes", v.Shape, v.Size)
	}
}

// tensor and examples are made as those of GoMLX and of package layers.
type tensor struct {
	shape struct {
		DType      enum
		Dimensions []int
	}
	local    *int
	onDevice *struct{ deviceNum int }
}

type examples struct {
	Shape  []int
	Bytes  []byte
	Floats []float32
	Labels []int
}

func TestForm(t *testing.T) {
	onDevice := &tensor{onDevice: &struct{ deviceNum int }{3}}
	onDevice.shape.DType, onDevice.shape.Dimensions = 1, []int{5, 2}
	onHost := tensor{local: new(int)}
	for _, c := range []struct {
		pointer any
		want    Form
	}{
		{&onDevice, Form{"(5, 2)", "green", "device 3"}},
		{&onHost, Form{"()", "red", "host"}},
		{new(any(onDevice)), Form{"(5, 2)", "green", "device 3"}},
		{new(&examples{Shape: []int{32, 32, 3}, Bytes: make([]byte, 9), Labels: make([]int, 7)}), Form{"(7, 32, 32, 3)", "uint8", "host"}},
		{&examples{}, Form{Shape: "(0)"}},
		{new((*tensor)(nil)), Form{}},
		{&point{}, Form{}},
	} {
		if v := look(c.pointer); v.Form != c.want {
			t.Errorf("%s has the form %+v, want %+v", v.Type, v.Form, c.want)
		}
	}
}

func TestDeepSize(t *testing.T) {
	shared := make([]byte, 1000)
	for _, c := range []struct {
		pointer any
		size    int64
	}{
		{new(int32), 4},
		{new("abc"), 16 + 3},
		{new(make([]float32, 10, 20)), 24 + 80},
		{new([][]byte{shared, shared, make([]byte, 10)}), 24 + 3*24 + 1000 + 10},
		{new(&point{name: "12345"}), 8 + 32 + 5},
		{new(any(int64(1))), 16 + 8},
		{new([]any{1, "ab", shared}), 24 + 3*16 + 8 + 16 + 2 + 24 + 1000},
	} {
		if v := look(c.pointer); v.Size != c.size || v.Partial {
			t.Errorf("%s: %d bytes, partial %t, want %d", v.Type, v.Size, v.Partial, c.size)
		}
	}
	long := make([]*point, 300_000)
	for i := range long {
		long[i] = &point{}
	}
	if v := look(&long); !v.Partial || v.Size < 2_400_000 {
		t.Errorf("a long list: %d bytes, partial %t", v.Size, v.Partial)
	}
}

func TestParts(t *testing.T) {
	names := func(pointer any) (list []string) {
		v := reflect.ValueOf(pointer).Elem()
		for _, p := range Parts(v.Type(), v.Addr().Pointer(), 3, Limits{Text: 20, Elements: 3, Blocks: 10}) {
			list = append(list, p.Name+"="+p.Text)
		}
		return list
	}
	var own itself
	own = &own
	for _, c := range []struct {
		pointer any
		want    string
	}{
		{&point{1, 2, "p"}, `[X=1 Y=2 name="p"]`},
		{new(any(&point{1, 2, "p"})), `[X=1 Y=2 name="p"]`},
		{new([]int{5, 6, 7, 8}), `[[0]=5 [1]=6 [2]=7]`},
		{new(map[string]int{"k": 4}), `[["k"]=4]`},
		{new(new(3)), `[*=3]`},
		{new((*point)(nil)), `[]`},
		{&own, `[]`},
	} {
		if got := fmt.Sprint(names(c.pointer)); got != c.want {
			t.Errorf("%T: %s, want %s", c.pointer, got, c.want)
		}
	}
}

// TestChanging looks at values that other goroutines change at the same time
// without any lock, maps among them. With Go's own reads this ends the process.
func TestChanging(t *testing.T) {
	var (
		table  = map[string][]int{}
		list   []string
		value  any
		nested map[int]map[int]*point
		stop   atomic.Bool
		ready  sync.WaitGroup
	)
	change := func(do func(i int)) {
		ready.Go(func() {
			for i := 0; !stop.Load(); i++ {
				do(i)
			}
		})
	}
	change(func(i int) {
		table[fmt.Sprint(i%5000)] = make([]int, i%7)
		if i%20_000 == 0 {
			clear(table)
		}
	})
	change(func(i int) {
		list = append(list[:len(list):len(list)], strings.Repeat("x", i%50))
		if len(list) > 500 {
			list = nil
		}
	})
	change(func(i int) {
		value = []any{i, "text", &point{X: i}, 1.5, map[string]int{"a": i}, [4]string{"a", "b", "c", "d"}, nil}[i%7]
	})
	change(func(i int) {
		if i%1000 == 0 {
			nested = map[int]map[int]*point{}
		}
		nested[i%100] = map[int]*point{i: {X: i, name: fmt.Sprint(i)}}
	})
	change(func(int) { runtime.GC(); time.Sleep(time.Millisecond) })
	limits := Limits{Text: 80, Elements: 10, Blocks: 1000}
	looks := 0
	for start := time.Now(); time.Since(start) < 3*time.Second; {
		for _, pointer := range []any{&table, &list, &value, &nested} {
			v := reflect.ValueOf(pointer).Elem()
			if got := Look(v.Type(), v.Addr().Pointer(), limits); got.Text == "" {
				t.Fatalf("%s has no text", got.Type)
			}
			Parts(v.Type(), v.Addr().Pointer(), 20, limits)
			looks++
		}
	}
	stop.Store(true)
	ready.Wait()
	if looks < 100 {
		t.Errorf("only %d looks", looks)
	}
}

// TestNonsense looks at memory that is no value of the type.
func TestNonsense(t *testing.T) {
	garbage := [16]uintptr{1, math.MaxUint64, 0xdeadbeef, 1 << 62, 8, 1 << 40, 0xc000000000, 7}
	at := reflect.ValueOf(&garbage).Pointer()
	for _, kind := range []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[[]string](), reflect.TypeFor[any](),
		reflect.TypeFor[error](), reflect.TypeFor[map[string]int](), reflect.TypeFor[*point](), reflect.TypeFor[chan int](),
		reflect.TypeFor[func()](), reflect.TypeFor[[][]byte](), reflect.TypeFor[struct {
			a string
			b any
		}]()} {
		for i := range 8 {
			v := Look(kind, at+uintptr(i)*8, Limits{Text: 80, Elements: 10, Blocks: 1000})
			Parts(kind, at+uintptr(i)*8, 10, Limits{Text: 80, Elements: 10, Blocks: 100})
			if len(v.Text) > 100 {
				t.Errorf("%s: %d bytes of text", kind, len(v.Text))
			}
		}
		Look(kind, 0x1000, Limits{Text: 80})
	}
}

func BenchmarkLook(b *testing.B) {
	value := map[string][]float64{"a": make([]float64, 100), "b": {1, 2, 3}}
	for b.Loop() {
		look(&value)
	}
}
