package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// features are the files of testdata/make_h5py_files.py that hold the same
// content in three generations of the format.
var features = []string{"features_earliest.h5", "features_v108.h5", "features_v110.h5"}

func openTestdata(t *testing.T, name string) *Group {
	t.Helper()
	f, err := Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func values(t *testing.T, g *Group, path string) []float32 {
	t.Helper()
	d, err := g.Dataset(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAttributes(t *testing.T) {
	want := map[string][]string{
		"fixed": {"a", "bcd"}, "variable": {"x", "yé"}, "scalar": {"hello"}, "bytes": {"hi"},
		"one": {"one"}, "empty": nil, "no floats": nil, "long": {strings.Repeat("0123456789", 500)},
	}
	for _, file := range features {
		t.Run(file, func(t *testing.T) {
			root := openTestdata(t, file)
			g, err := root.Group("attributes")
			if err != nil {
				t.Fatal(err)
			}
			for name, texts := range want {
				got, found, err := g.Texts(name)
				if err != nil || !found || !slices.Equal(got, texts) {
					t.Errorf("%s: got %.80q, found %v, error %v; want %.80q", name, got, found, err, texts)
				}
			}
			if _, found, err := g.Texts("none"); found || err != nil {
				t.Errorf("an attribute that is not there: found %v, error %v", found, err)
			}
			if _, _, err := g.Texts("number"); err == nil || !strings.Contains(err.Error(), "int64") {
				t.Errorf("a number read as strings: error %v, want one that names int64", err)
			}
			many, err := root.Group("many attributes")
			if err != nil {
				t.Fatal(err)
			}
			for i := range 20 {
				got, _, err := many.Texts(fmt.Sprintf("a%d", i))
				if s := strings.Repeat("q", i+1); err != nil || !slices.Equal(got, []string{s, s}) {
					t.Errorf("a%d: got %q, %v", i, got, err)
				}
			}
			if file != "features_earliest.h5" {
				got, _, err := many.Texts("huge")
				if err != nil || len(got) != 60 || got[59] != strings.Repeat("h", 100) {
					t.Errorf("an attribute too large for the heap's blocks: %d strings, %v", len(got), err)
				}
			}
		})
	}
}

func TestTypes(t *testing.T) {
	floats := []float32{-1.5, 6.1e-5, 65504}
	want := map[string][]float32{
		"f4": floats, "f8": floats, "be f4": floats, "be f8": floats,
		"f2": {-1.5, 6.1035156e-05, 65504}, "be f2": {-1.5, 6.1035156e-05, 65504},
		"u1": {0, 255, 7}, "i1": {-128, 127, 7}, "u2": {0, 65535, 7}, "i2": {-32768, 32767, 7},
		"be i2": {-32768, 32767, 7}, "u4": {0, math.MaxUint32, 7}, "i4": {math.MinInt32, math.MaxInt32, 7},
		"u8": {0, math.MaxUint64, 7}, "i8": {math.MinInt64, math.MaxInt64, 7},
	}
	for _, file := range features {
		t.Run(file, func(t *testing.T) {
			g := openTestdata(t, file)
			names, err := must(g.Group("types")).Names()
			if err != nil || len(names) != len(want) {
				t.Fatalf("types: got %q, %v; want %d", names, err, len(want))
			}
			for name, v := range want {
				got := values(t, g, "types/"+name)
				for i := range v {
					if math.Abs(float64(got[i]-v[i])) > 1e-7*math.Abs(float64(v[i])) &&
						!(strings.HasSuffix(name, "f2") && math.Abs(float64(got[i]-v[i])) < 6e-8) {
						t.Errorf("%s: got %v, want %v", name, got, v)
						break
					}
				}
			}
		})
	}
}

// must is for values whose error the next call on them reports.
func must(g *Group, err error) *Group {
	if err != nil {
		panic(err)
	}
	return g
}

func TestHalfToFloat32(t *testing.T) {
	for bits, want := range map[uint16]float32{
		0x0000: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: 1. / (1 << 14), 0x0001: 1. / (1 << 24),
		0x83ff: -1023. / (1 << 24), 0x7c00: float32(math.Inf(1)), 0xfc00: float32(math.Inf(-1)),
	} {
		if got := halfToFloat32(bits); got != want {
			t.Errorf("%#04x: got %v, want %v", bits, got, want)
		}
	}
	if got := halfToFloat32(0x7e00); got == got {
		t.Errorf("0x7e00: got %v, want NaN", got)
	}
	if got := (datatype{class: classFloat, size: 2, bfloat: true}).value(0x3fc0); got != 1.5 {
		t.Errorf("bfloat16 0x3fc0: got %v, want 1.5", got)
	}
}

func TestLayouts(t *testing.T) {
	count := make([]float32, 7*5*3)
	for i := range count {
		count[i] = float32(i)
	}
	sparse := slices.Repeat([]float32{7}, 400)
	sparse[5*20+6] = 1
	for _, file := range features {
		t.Run(file, func(t *testing.T) {
			g := openTestdata(t, file)
			want := map[string][]float32{
				"contiguous": count, "scalar": {2.5}, "empty": {}, "compact": {1, 2, 3, 4},
				"never written": {0, 0, 0, 0}, "never written 7": {7, 7, 7, 7},
			}
			if file != "features_v110.h5" {
				want["chunked"], want["gzip"], want["resizable"], want["sparse"] = count, count, count, sparse
			}
			for name, v := range want {
				if got := values(t, g, "layouts/"+name); !slices.Equal(got, v) {
					t.Errorf("%s: got %v, want %v", name, got, v)
				}
			}
			if got := values(t, g, "hard link"); !slices.Equal(got, count) {
				t.Errorf("hard link: got %v", got)
			}
			for i := range 18 {
				if got := values(t, g, fmt.Sprintf("x/y/group%d/w:0", i)); !slices.Equal(got, []float32{float32(i), float32(i)}) {
					t.Errorf("group%d: got %v", i, got)
				}
			}
		})
	}
}

func TestDeepIndex(t *testing.T) {
	g := must(openTestdata(t, "deep_index.h5").Group("many"))
	names, err := g.Names()
	if err != nil || len(names) != 400 {
		t.Fatalf("got %d names, %v; want 400", len(names), err)
	}
	for _, name := range names {
		if _, err := g.Dataset(name); err != nil {
			t.Fatal(err)
		}
	}
	if got := values(t, g, "a rather long name to fill the heap 0399"); got[0] != 3 {
		t.Errorf("got %v, want 3", got)
	}
}

func TestDatasets(t *testing.T) {
	var got []string
	err := openTestdata(t, "circle.h5").Datasets(func(d *Dataset) error {
		got = append(got, fmt.Sprint(d.Path(), d.Shape(), d.Type()))
		return nil
	})
	if want := []string{"d[]float32"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("a group that contains itself: got %q, %v; want %q", got, err, want)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		file, path string
		cause      error
		says       string
	}{
		{"features_earliest.h5", "soft link", ErrUnsupported, "link"},
		{"features_v108.h5", "soft link", ErrUnsupported, "link"},
		{"features_earliest.h5", "external link", ErrUnsupported, "link"},
		{"features_v108.h5", "external link", ErrUnsupported, "link"},
		{"features_earliest.h5", "none", ErrNotFound, "/none"},
		{"features_earliest.h5", "x/none/w:0", ErrNotFound, "/x/none"},
		{"features_earliest.h5", "layouts", ErrUnsupported, "not a dataset"},
		{"features_earliest.h5", "hard link/w:0", ErrUnsupported, "not a group"},
		{"refused.h5", "bomb", ErrCorrupt, "more than the file holds"},
		{"refused.h5", "lzf", ErrUnsupported, "filter 32000"},
		{"refused.h5", "text", ErrUnsupported, "string"},
		{"refused.h5", "bool", ErrUnsupported, "enumeration"},
		{"refused.h5", "external", ErrUnsupported, "another file"},
		{"virtual.h5", "virtual", ErrUnsupported, "virtual"},
		{"virtual.h5", "chunks of 1.10", ErrUnsupported, "libver='earliest'"},
	}
	for _, test := range tests {
		t.Run(test.file+"/"+test.path, func(t *testing.T) {
			d, err := openTestdata(t, test.file).Dataset(test.path)
			if err == nil {
				_, err = d.Float32s()
			}
			if !errors.Is(err, test.cause) || !strings.Contains(fmt.Sprint(err), test.says) {
				t.Errorf("got error %v, want %v that says %q", err, test.cause, test.says)
			}
		})
	}
}

func TestNotHDF5(t *testing.T) {
	for content, says := range map[string]string{
		"":                               "empty",
		"<!DOCTYPE html><title>404":      "web page",
		"PK\x03\x04rest":                 "zip archive",
		"\x1f\x8b\x08":                   "gzip",
		"\x89HDF":                        "cut short",
		"version https://git-lfs.github": "LFS",
		"something else":                 `"something el"`,
	} {
		_, err := NewFile(strings.NewReader(content), int64(len(content)))
		if !errors.Is(err, ErrNotHDF5) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got error %v, want one that says %q", content, err, says)
		}
	}
}

// TestTruncated cuts a file at many places: each must give an error or the
// right values, never a panic.
func TestTruncated(t *testing.T) {
	for _, name := range features {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(whole); n += 1 + n/50 {
			_, err := NewFile(bytes.NewReader(whole[:n]), int64(n))
			if err == nil {
				t.Fatalf("%s cut after %d of %d bytes opened without an error", name, n, len(whole))
			}
		}
	}
}

// TestDamaged changes bytes of the files at random: whatever comes out, it must
// come without a panic and without allocating much more than a file's size.
func TestDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range append([]string{"circle.h5", "refused.h5", "virtual.h5", "deep_index.h5"}, features...) {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			b := bytes.Clone(whole)
			for range 1 + random.IntN(20) {
				at := random.IntN(len(b) - 8)
				switch random.IntN(4) {
				case 0:
					b[at] = 0xff
				case 1:
					b[at] = 0
				case 2:
					b[at] ^= 1 << random.IntN(8)
				default: // an address or a length from elsewhere
					copy(b[at:at+8], whole[random.IntN(len(b)-8):])
				}
			}
			readDamaged(b)
		}
	}
}

// FuzzRead is TestDamaged with the fuzzer's imagination.
func FuzzRead(f *testing.F) {
	circle, err := os.ReadFile(filepath.Join("testdata", "circle.h5"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(circle)
	var small Tree
	small.SetText("scalar", "text")
	small.SetTexts("fixed", []string{"a", "bc"})
	small.PutFloat32("a/b", []int{2}, []float32{1, 2})
	var b bytes.Buffer
	if _, err := small.WriteTo(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) { readDamaged(b) })
}

func readDamaged(b []byte) {
	file, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	if root, err := file.Root(); err == nil {
		readAll(root, 0)
	}
}

func readAll(g *Group, depth int) {
	g.Texts("fixed")
	g.Texts("variable")
	names, err := g.Names()
	if err != nil || depth > 5 {
		return
	}
	for _, name := range names {
		if d, err := g.Dataset(name); err == nil {
			d.Float32s()
		} else if child, err := g.Group(name); err == nil {
			readAll(child, depth+1)
		}
	}
}
