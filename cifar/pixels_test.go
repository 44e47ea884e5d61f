package cifar

import (
	"os"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// TestPixelsEqualNumpy compares with numpy's own output, made by
// testdata/make_pixels.py from the same formula.
func TestPixelsEqualNumpy(t *testing.T) {
	golden, err := os.ReadFile("testdata/pixels.txt")
	if err != nil {
		t.Fatal(err)
	}
	pictures := &Pictures{Examples: &layers.Examples{Shape: []int{32, 32, 3}, Bytes: make([]uint8, 2*imageBytes)}}
	for i := range imageBytes {
		pictures.Bytes[i] = uint8(i * 7 % 256)
		pictures.Bytes[imageBytes+i] = uint8(i % 100)
	}
	for i, want := range strings.Split(strings.TrimSpace(string(golden)), "\n---\n") {
		if got := pictures.Pixels(i).Display().Text; got != want {
			t.Errorf("picture %d: got\n%s\nwant\n%s", i, got, want)
		}
	}
	if got := pictures.Pixels(2).Display().Text; !strings.Contains(got, "there is no picture 2 among 2") {
		t.Errorf("out of range: %s", got)
	}
}

func TestNumpyShapes(t *testing.T) {
	e := &Pictures{&layers.Examples{Shape: []int{32, 32, 3}, Bytes: make([]uint8, 2*imageBytes), Labels: []int32{6, 9}},
		Classes10()}
	if got, want := e.Shape(), "(2, 32, 32, 3)"; got != want {
		t.Errorf("shape %s, want %s", got, want)
	}
	if got, want := e.Label(0), "array([6], dtype=uint8)"; got != want {
		t.Errorf("label %s, want %s", got, want)
	}
	rows, err := e.OneHot()
	if err != nil {
		t.Fatal(err)
	}
	want := "array([[0., 0., 0., 0., 0., 0., 1., 0., 0., 0.],\n       [0., 0., 0., 0., 0., 0., 0., 0., 0., 1.]], " +
		"dtype=float32)"
	if got := rows.Display().Text; got != want || rows.Shape() != "(2, 10)" {
		t.Errorf("one-hot %s\n%s\nwant\n%s", rows.Shape(), got, want)
	}
	e.Labels[1] = 10
	if _, err := e.OneHot(); err == nil || !strings.Contains(err.Error(), "picture 1 has label 10, want 0 to 9") {
		t.Errorf("error %v", err)
	}
}
