package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	scigolib "github.com/scigolib/hdf5"
)

// sample has what Keras files have, and sizes at which the writer changes its
// ways: strings longer than a heap collection, a list as long as a header
// holds, and groups of the given numbers of members.
func sample(sizes ...int) *Tree {
	root := &Tree{}
	root.SetText("backend", "tensorflow")
	root.SetText("empty", "")
	root.SetText("unicode", "größer")
	root.SetText("model_config", strings.Repeat(`{"class_name": "Sequential"}`, 5000))
	root.SetTexts("layer_names", []string{"conv2d", "a", "dense_10"})
	root.SetTexts("no names", nil)
	root.SetTexts("long list", slices.Repeat([]string{strings.Repeat("n", 64)}, headerLimit/64))
	root.PutFloat32("scalar", nil, []float32{2.5})
	root.PutFloat32("no values", []int{0, 3}, nil)
	root.PutFloat32("dense/dense/kernel:0", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6})
	root.Put("iteration", Array{Type: Int64, Write: func(w io.Writer) error {
		_, err := w.Write([]byte{40, 1, 0, 0, 0, 0, 0, 0})
		return err
	}})
	root.Put("seed", Array{Shape: []int{2}, Type: Uint32, Write: func(w io.Writer) error {
		_, err := w.Write([]byte{0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0})
		return err
	}})
	root.Group("empty group")
	for _, n := range sizes {
		g := root.Group(fmt.Sprintf("group of %d", n))
		for i := range n {
			g.PutFloat32(fmt.Sprintf("w%d", i), []int{1}, []float32{float32(i)})
		}
	}
	for i := range 40 { // attributes that share and change collections
		root.Group(fmt.Sprintf("named/%d", i)).SetText("name", strings.Repeat("name", i*5))
	}
	return root
}

// treeSizes are the group sizes at which B-trees get nodes and levels.
var treeSizes = []int{1, 8, 9, 256, 257, 1000}

func write(t *testing.T, root *Tree) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := root.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d bytes, says %d, error %v", b.Len(), n, err)
	}
	return b.Bytes()
}

func TestWriteAndRead(t *testing.T) {
	b := write(t, sample(treeSizes...))
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	root := must(f.Root())
	for name, want := range map[string][]string{
		"backend": {"tensorflow"}, "empty": {""}, "unicode": {"größer"},
		"model_config": {strings.Repeat(`{"class_name": "Sequential"}`, 5000)},
		"layer_names":  {"conv2d", "a", "dense_10"}, "no names": nil,
		"long list": slices.Repeat([]string{strings.Repeat("n", 64)}, headerLimit/64),
	} {
		got, found, err := root.Texts(name)
		if err != nil || !found || !slices.Equal(got, want) {
			t.Errorf("%s: got %.80q, found %v, error %v", name, got, found, err)
		}
	}
	for path, want := range map[string][]float32{
		"scalar": {2.5}, "no values": {}, "dense/dense/kernel:0": {1, 2, 3, 4, 5, 6},
		"iteration": {296}, "seed": {4294967295, 5},
	} {
		if got := values(t, root, path); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	for _, n := range []int{0, 1, 8, 9, 256, 257, 1000} {
		path := fmt.Sprintf("group of %d", n)
		if n == 0 {
			path = "empty group"
		}
		g := must(root.Group(path))
		names, err := g.Names()
		if err != nil || len(names) != n {
			t.Fatalf("%s has %d names, %v", path, len(names), err)
		}
		for i := range n {
			if got := values(t, g, fmt.Sprintf("w%d", i)); got[0] != float32(i) {
				t.Errorf("%s/w%d: got %v", path, i, got)
			}
		}
	}
	for i := range 40 {
		got, _, err := must(root.Group(fmt.Sprintf("named/%d", i))).Text("name")
		if err != nil || got != strings.Repeat("name", i*5) {
			t.Errorf("named/%d: got %q, %v", i, got, err)
		}
	}
}

// TestWriteSecondReader reads what was written with an implementation that
// shares nothing with this one. It reads no B-tree of several levels.
func TestWriteSecondReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sample.h5")
	if err := os.WriteFile(path, write(t, sample(1, 8, 9, 256)), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := scigolib.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	attributes, err := f.Root().Attributes()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]any{}
	for _, a := range attributes {
		if texts[a.Name], err = a.ReadValue(); err != nil {
			t.Errorf("attribute %s: %v", a.Name, err)
		}
	}
	if got := fmt.Sprint(texts["layer_names"]); got != "[conv2d a dense_10]" {
		t.Errorf("layer_names: got %s", got)
	}
	if got := texts["model_config"]; got != strings.Repeat(`{"class_name": "Sequential"}`, 5000) {
		t.Errorf("model_config: got %.60v", got)
	}
	sums, datasets := map[string]float64{}, 0
	f.Walk(func(path string, o scigolib.Object) {
		d, ok := o.(*scigolib.Dataset)
		if !ok {
			return
		}
		datasets++
		v, err := d.Read()
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, x := range v {
			sums[filepath.Dir(path)] += x
		}
	})
	if want := 1 + 8 + 9 + 256 + 5; datasets != want {
		t.Errorf("read %d datasets, want %d", datasets, want)
	}
	if got := sums["/group of 256"]; got != 255*256/2 {
		t.Errorf("group of 256: the values' sum is %v", got)
	}
	if got := sums["/dense/dense"]; got != 21 {
		t.Errorf("dense: the values' sum is %v", got)
	}
}

// TestWriteH5py lets the HDF5 library itself, through h5py, read every object
// of what was written.
func TestWriteH5py(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no python that has h5py")
	}
	path := filepath.Join(t.TempDir(), "sample.h5")
	if err := os.WriteFile(path, write(t, sample(treeSizes...)), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "testdata/check_with_h5py.py", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "h5py agrees") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWriteMisuse(t *testing.T) {
	tests := []struct {
		name  string
		build func(*Tree)
		says  string
	}{
		{"list too long", func(r *Tree) {
			r.SetTexts("names", slices.Repeat([]string{strings.Repeat("n", 64)}, headerLimit/64+1))
		}, "split the list"},
		{"name taken", func(r *Tree) { r.Group("a"); r.PutFloat32("a", nil, []float32{1}) }, "taken"},
		{"group under an array", func(r *Tree) {
			r.PutFloat32("a", nil, []float32{1})
			r.Group("a/b")
		}, "array has that name"},
		{"too few values", func(r *Tree) { r.PutFloat32("a", []int{2}, []float32{1}) }, "wrote 4 bytes instead of 8"},
		{"negative shape", func(r *Tree) { r.PutFloat32("a", []int{-2}, nil) }, "impossible shape"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := &Tree{}
			test.build(root)
			if _, err := root.WriteTo(io.Discard); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got error %v, want one that says %q", err, test.says)
			}
		})
	}
	full := errors.New("disk full")
	if _, err := sample().WriteTo(failing{full}); !errors.Is(err, full) {
		t.Errorf("got error %v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func ExampleTree() {
	var root Tree
	root.SetTexts("layer_names", []string{"dense"})
	root.PutFloat32("dense/dense/kernel:0", []int{2, 2}, []float32{1, 2, 3, 4})
	var file bytes.Buffer
	if _, err := root.WriteTo(&file); err != nil {
		fmt.Println(err)
		return
	}

	f, err := NewFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	group, err := f.Root()
	if err != nil {
		fmt.Println(err)
		return
	}
	kernel, err := group.Dataset("dense/dense/kernel:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	values, err := kernel.Float32s()
	fmt.Println(kernel.Shape(), values, err)
	// Output: [2 2] [1 2 3 4] <nil>
}
