package transfer

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// The formula of testdata/peer.py: n numbers in [0, 1) from splitmix64 of the
// stream's number and the position.
func uniform(stream uint64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		z := stream<<40 + uint64(i+1)*0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		out[i] = float64(z>>40) / (1 << 24)
	}
	return out
}

func formulaImages(n, size int) *layers.Examples {
	bytes := make([]uint8, n*size*size*3)
	for i, u := range uniform(0, len(bytes)) {
		bytes[i] = uint8(u * 256)
	}
	return &layers.Examples{Shape: []int{size, size, 3}, Bytes: bytes}
}

// fillByFormula is peer.py's fill.
func fillByFormula(t *testing.T, m *layers.Model) {
	t.Helper()
	for i, v := range m.Variables() {
		values := make([]float32, v.Shape.Size())
		for j, u := range uniform(uint64(i+1), len(values)) {
			switch v.Name {
			case "kernel":
				fanIn := float64(len(values) / v.Shape[len(v.Shape)-1])
				values[j] = float32((2*u - 1) * math.Sqrt(6/fanIn))
			case "gamma", "moving_variance":
				values[j] = float32(0.5 + u)
			default:
				values[j] = float32((2*u - 1) * 0.1)
			}
		}
		if err := v.SetFlat(values); err != nil {
			t.Fatal(err)
		}
	}
}

func readGolden(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

var networks = map[string]*network{
	"vgg16": vgg16, "vgg19": vgg19, "inception_v3": inceptionV3, "resnet50v2": resNet50V2,
}

func paramsOf(variables []*layers.Variable) int {
	n := 0
	for _, v := range variables {
		n += v.Shape.Size()
	}
	return n
}

// sample is a few values of an array, as peer.py takes them.
type sample struct {
	Shape  []int
	At     []int
	Values []float64
	MaxAbs float64 `json:"max_abs"`
}

func (s sample) check(t *testing.T, what string, got []float32) {
	t.Helper()
	for i, at := range s.At {
		if d := math.Abs(float64(got[at]) - s.Values[i]); !(d <= 1e-4*s.MaxAbs) {
			t.Errorf("%s at %d: got %g, want %g", what, at, got[at], s.Values[i])
		}
	}
}

// TestValuesAreKeras compares outputs at small sizes, with the walkthrough's
// x/255 and with each network's own preprocessing.
func TestValuesAreKeras(t *testing.T) {
	var golden map[string]map[string]struct{ Plain, Own sample }
	readGolden(t, "values.json", &golden)
	for name, n := range networks {
		t.Run(name, func(t *testing.T) {
			images := formulaImages(1, n.minSize)
			for _, own := range []bool{false, true} {
				b, err := n.build(t.Context(), Config{InputShape: images.Shape, Pooling: Max, Preprocess: own})
				if err != nil {
					t.Fatal(err)
				}
				fillByFormula(t, b.Model)
				x := images
				if !own {
					x = images.Normalize(255)
				}
				var taps []string
				for tap := range golden[name] {
					taps = append(taps, tap)
				}
				for i, got := range outputs(t, b.Tap(taps...), x) {
					want := golden[name][taps[i]]
					if own {
						want.Own.check(t, taps[i]+" own preprocessing", got)
					} else {
						want.Plain.check(t, taps[i], got)
					}
				}
			}
		})
	}
}

// outputs computes all results of a model.
func outputs(t *testing.T, m *layers.Model, x *layers.Examples) [][]float32 {
	t.Helper()
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	stream, err := m.Stream(x, x.Len(), layers.Float32)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var all [][]float32
	if err := stream.Run(t.Context(), 0, x.Len(), func(_ int, outputs [][]float32) {
		for _, values := range outputs {
			all = append(all, slices.Clone(values))
		}
	}); err != nil {
		t.Fatal(err)
	}
	return all
}
