package csvfile

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

func init() {
	if os.Getenv("GOMLX_BACKEND") == "" {
		_ = os.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const flowers = "\ufeffwidth, length,species,id\n1.5,2,iris,7\n\n-3e2,\"4\",rose,8\n5,6,iris,9\n"

func batches(t *testing.T, f *File, epoch layers.Epoch) (list []*layers.Examples) {
	t.Helper()
	for batch, err := range f.Batches(t.Context(), epoch) {
		if err != nil {
			t.Fatal(err)
		}
		if batch != nil {
			copied := *batch
			copied.Floats, copied.Labels = slices.Clone(batch.Floats), slices.Clone(batch.Labels)
			batch = &copied
		}
		list = append(list, batch)
	}
	return list
}

func TestLabels(t *testing.T) {
	f, err := Open(write(t, flowers), Label("species"), Inputs("length", "width"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Len() != 3 || !slices.Equal(f.Classes(), []string{"iris", "rose"}) {
		t.Errorf("%d rows of %q", f.Len(), f.Classes())
	}
	list := batches(t, f, layers.Epoch{BatchSize: 2})
	if len(list) != 2 || !slices.Equal(list[0].Floats, []float32{2, 1.5, 4, -300}) ||
		!slices.Equal(list[1].Floats, []float32{6, 5}) ||
		!slices.Equal(list[0].Labels, []int32{0, 1}) || list[0].Classes != 2 {
		t.Errorf("got %+v", list)
	}
	list = batches(t, f, layers.Epoch{BatchSize: 1, Skip: 2})
	if len(list) != 3 || list[0] != nil || list[1] != nil || list[2].Floats[0] != 6 {
		t.Errorf("after two batches %+v", list)
	}
	if f, err = Open(write(t, flowers), Label("species"), Classes("rose", "tulip", "iris")); err != nil {
		t.Fatal(err)
	}
	if list = batches(t, f, layers.Epoch{BatchSize: 3}); !slices.Equal(list[0].Labels, []int32{2, 0, 2}) ||
		!slices.Equal(f.Inputs(), []string{"width", "length", "id"}) {
		t.Errorf("labels %v, inputs %q", list[0].Labels, f.Inputs())
	}
	if f, err = Open(write(t, "1;10\n2;9\n3;10\n"), WithoutHeader(), Comma(';'), Label("2")); err != nil {
		t.Fatal(err)
	}
	if list = batches(t, f, layers.Epoch{BatchSize: 3}); !slices.Equal(list[0].Floats, []float32{1, 2, 3}) ||
		!slices.Equal(f.Classes(), []string{"9", "10"}) {
		t.Errorf("without a header: %v, classes %q", list[0].Floats, f.Classes())
	}
}

// TestFitEqualsMemory trains on a file as on the same numbers in memory. How
// many rows a file has is unknown, so on XLA another program trains on them.
func TestFitEqualsMemory(t *testing.T) {
	text := "a,b,sum\n"
	memory := &layers.Examples{Shape: []int{2}, TargetShape: []int{1}}
	for i := range 100 {
		a, b := float32(i%7)/4, float32(i%11)/8
		text += fmt.Sprintf("%g,%g,%g\n", a, b, a+b)
		memory.Floats, memory.Targets = append(memory.Floats, a, b), append(memory.Targets, a+b)
	}
	f, err := Open(write(t, text), Targets("sum"))
	if err != nil {
		t.Fatal(err)
	}
	fit := func(s layers.Source) []float64 {
		m := layers.Sequential("sum", layers.Input(2), layers.Dense(1))
		if err := m.Compile(layers.Adam(0.1), layers.MeanSquaredError); err != nil {
			t.Fatal(err)
		}
		h, err := m.Fit(t.Context(), s, layers.Epochs(20), layers.Shuffle(false), layers.Verbose(layers.Silent))
		if err != nil {
			t.Fatal(err)
		}
		return h.Metrics["loss"]
	}
	got, want := fit(layers.Shuffled(f, 30)), fit(memory)
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-5*b }
	if !slices.EqualFunc(got, want, near) || !(got[19] < 0.1*got[0]) {
		t.Errorf("losses %v, in memory %v", got, want)
	}
	other, err := Open(write(t, text+"1,2,4\n"), Targets("sum"))
	if err != nil {
		t.Fatal(err)
	}
	one, err := f.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if two, err := other.Fingerprint(); err != nil || one == two {
		t.Errorf("another file has the fingerprint %s, too (%v)", two, err)
	}
}

func TestBadFiles(t *testing.T) {
	for want, c := range map[string]struct {
		text    string
		options []Option
	}{
		"is empty":                  {"", nil},
		"has no rows":               {"a,b\n", nil},
		`has two columns named "a"`: {"a,b,a\n1,2,3\n", nil},
		`has no column "c" for the label; it has ["a" "b"]`:               {"a,b\n1,2\n", []Option{Label("c")}},
		`has no column "c" for an input`:                                  {"a,b\n1,2\n", []Option{Inputs("c")}},
		`has no column "c" for a target`:                                  {"a,b\n1,2\n", []Option{Targets("c")}},
		"either a label or targets":                                       {"a,b\n1,2\n", []Option{Targets("a"), Label("b")}},
		"has no column for inputs":                                        {"a\n1\n", []Option{Label("a")}},
		`line 4, column "b": wants a finite number, got "x"`:              {"a,b\n1,2\n\n3,x\n", nil},
		`line 3, column "b": wants a finite number, got ""`:               {"a,b\n1,2\n3,\n", nil},
		`line 2, column "a": wants a finite number, got "NaN"`:            {"a,b\nNaN,2\n", nil},
		`line 2, column "a": wants a finite number, got "1e39"`:           {"a,b\n1e39,2\n", nil},
		`line 3, column "b": wants one of the classes ["x" "y"], got "z"`: {"a,b\n1,x\n2,z\n", []Option{Label("b"), Classes("x", "y")}},
		"record on line 3: wrong number of fields":                        {"a,b\n1,2\n3\n", nil},
		`parse error on line 2, column 6: extraneous or missing`:          {"a,b\n\"1,2\n", nil},
	} {
		path := write(t, c.text)
		if _, err := Open(path, c.options...); err == nil || !strings.Contains(err.Error(), "csvfile: "+path+": ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", c.text, err, want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.csv")); !os.IsNotExist(unwrapped(err)) {
		t.Error(err)
	}
}

func unwrapped(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok || os.IsNotExist(err) {
			return err
		}
		err = inner.Unwrap()
	}
}

// TestChangedFile: a file that changed while a model trains ends the fit with the
// batch and the line.
func TestChangedFile(t *testing.T) {
	path := write(t, "a,b\n1,2\n3,4\n5,6\n")
	f, err := Open(path, Targets("b"))
	if err != nil {
		t.Fatal(err)
	}
	m := layers.Sequential("sum", layers.Input(1), layers.Dense(1))
	if err := m.Compile(layers.SGD(0.1), layers.MeanSquaredError); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"a,b\n1,2\n3,4\n5,y\n": `batch 3: csvfile: ` + path + `: line 4, column "b": wants a finite number, got "y"`,
		"a,b\n1,2\n3,4\n":      "the source ended after batch 2 with 2 examples, and said that it has 3",
		"a,c\n1,2\n3,4\n":      `wants the columns that it had when it was opened, ["a" "b"], got ["a" "c"]`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Fit(t.Context(), f, layers.BatchSize(1), layers.Verbose(layers.Silent)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
