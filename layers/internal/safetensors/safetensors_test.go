package safetensors

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzSafetensors(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x")
	if err := Write(path, []Tensor{{"weights/a", []int{2}, []float32{1, 2}}}, nil); err != nil {
		f.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	f.Add(data)
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, err := parse(data)
		if err != nil {
			return
		}
		for _, s := range list {
			if product(s.Shape) != len(s.Values) {
				t.Errorf("%v has %d values", s.Shape, len(s.Values))
			}
		}
	})
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
