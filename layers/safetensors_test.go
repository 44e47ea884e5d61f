package layers

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzSafetensors(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x")
	if err := writeSafetensors(path, []savedTensor{{"weights/a", []int{2}, []float32{1, 2}}}, nil); err != nil {
		f.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	f.Add(data)
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, err := parseSafetensors(data)
		if err != nil {
			return
		}
		for _, s := range list {
			if Shape(s.shape).Size() != len(s.values) {
				t.Errorf("%v has %d values", s.shape, len(s.values))
			}
		}
	})
}
