package transfer

import (
	"encoding/json"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"unsafe"

	"github.com/gocifar/gocifar/layers"
)

// TestParityWithKeras has real Keras write a legacy weight file and run the
// four networks at their smallest size and, with the classifier on top, at the
// size they were trained at. Go loads the file and must get the same at every
// tap, within 1e-4 of the largest value, and the same five guesses.
//
// It runs where GOCIFAR_TEST_PYTHON names a Python that has keras, tensorflow
// and h5py; GOMLX_BACKEND=xla:... makes it quick enough.
func TestParityWithKeras(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON is not set to a Python that has keras and tensorflow")
	}
	if os.Getenv("GOMLX_BACKEND") == "go" {
		t.Skip("224x224 images take minutes on the pure-Go backend: set GOMLX_BACKEND=xla:/path/to/plugin.so")
	}
	for _, name := range []string{"vgg16", "vgg19", "inception_v3", "resnet50v2"} {
		n := networks[name]
		for _, top := range []bool{false, true} {
			size := n.minSize
			if top {
				size = n.defaultSize
			}
			t.Run(fmt.Sprintf("%s_%d", name, size), func(t *testing.T) { parity(t, python, n, size, top) })
		}
	}
}

type manifest struct {
	Images int
	Taps   []struct {
		Name  string
		Shape []int
	}
	Top5 [][3]any
}

func parity(t *testing.T, python string, n *network, size int, top bool) {
	folder := t.TempDir()
	kind := "notop"
	if top {
		kind = "top"
	}
	peer := exec.Command(python, "testdata/peer.py", "parity", folder, n.name, strconv.Itoa(size), kind)
	if text, err := peer.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want manifest
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	b, err := n.build(t.Context(), Config{
		Weights: filepath.Join(folder, "weights.h5"), InputShape: layers.Shape{size, size, 3},
		Preprocess: true, IncludeTop: top, Pooling: Max,
	})
	if err != nil {
		t.Fatal(err)
	}
	images := formulaImages(want.Images, size)
	var taps []string
	for _, tap := range want.Taps {
		taps = append(taps, tap.Name)
	}
	worst := 0.0
	for i, got := range outputs(t, b.Tap(taps...), images) {
		d := difference(t, got, readFloats(t, filepath.Join(folder, taps[i]+".bin")))
		worst = math.Max(worst, d)
		if !(d <= 1e-4) {
			t.Errorf("%s: the largest difference is %.2g of the largest value", taps[i], d)
		}
	}
	t.Logf("%d taps, the largest difference is %.2g of the largest value", len(taps), worst)
	if top {
		checkTop5(t, b, images, size, want)
	}
}

// difference is the largest difference relative to the largest value.
func difference(t *testing.T, got, want []float32) float64 {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	var apart, largest float64
	for i, w := range want {
		apart = math.Max(apart, math.Abs(float64(got[i])-float64(w)))
		largest = math.Max(largest, math.Abs(float64(w)))
	}
	return apart / largest
}

func readFloats(t *testing.T, path string) []float32 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), len(data)/4)
}

// checkTop5 classifies the first image as a picture.
func checkTop5(t *testing.T, b *Backbone, images *layers.Examples, size int, want manifest) {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, size, size))
	for i := range size * size {
		copy(picture.Pix[4*i:], images.Bytes[3*i:3*i+3])
		picture.Pix[4*i+3] = 255
	}
	homes(t)
	guesses, err := Classify(t.Context(), b, picture, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range guesses.List {
		wantID := fmt.Sprintf("n%08d", g.Index)
		probability := want.Top5[i][2].(float64)
		same := want.Top5[i][0] == wantID || probability < 1e-6 // equal zeros have no order
		if !same || math.Abs(float64(g.Probability)-probability) > 1e-4 {
			t.Errorf("guess %d: got %s %g, want %v", i, wantID, g.Probability, want.Top5[i])
		}
	}
}
