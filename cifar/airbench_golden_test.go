package cifar_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gocifar/gocifar/layers"
)

// goldenAirbench is what testdata/golden_airbench.py writes.
type goldenAirbench struct {
	Whitening, Logits []float32
	Losses            []float64
	Weights           []map[string][]float32
	Means             [][]float32 // of the batch normalizations
}

// near fails where two lists differ by more than a part of the largest value.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) < len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest, worst := 1e-9, 0.0
	for i := range want {
		largest = max(largest, math.Abs(float64(want[i])))
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
	}
	if !(worst <= tolerance*largest) {
		t.Errorf("%s: differs by %g of the largest value, want at most %g", what, worst/largest, tolerance)
	}
}

func values(t *testing.T, m *layers.Model) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, v := range m.Variables() {
		flat, err := v.Flat()
		if err != nil {
			t.Fatal(err)
		}
		all[v.Path] = flat
	}
	return all
}

// TestAirbenchEqualsPeer gives our network the peer's weights, compares what it
// makes of pictures, and trains both by three steps on the same batch.
func TestAirbenchEqualsPeer(t *testing.T) {
	text, err := os.ReadFile("testdata/airbench.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden goldenAirbench
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("GOMLX_BACKEND") == "" {
		t.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
	const n = 6
	train := &layers.Examples{Shape: layers.Shape{32, 32, 3}, Classes: 10}
	for _, v := range peerdata.Salted(n*3072, 99) {
		train.Bytes = append(train.Bytes, uint8(math.Floor(float64((v+1)*127.9))))
	}
	for i := range n {
		train.Labels = append(train.Labels, int32(i*7%10))
	}
	train = train.Normalize(255)
	recipe := cifar.Airbench{Widths: [3]int{16, 32, 32}, Epochs: 3, Batch: 2000, Policy: layers.Float32}
	m, err := recipe.Model(t.Context(), train)
	if err != nil {
		t.Fatal(err)
	}
	setPeersWeights(t, m, &golden)
	logits := func() []float32 {
		rows, err := m.Predict(t.Context(), train)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(rows...)
	}
	near(t, "logits", logits(), golden.Logits, 1e-4)
	step := layers.OnEpochEnd(func(_ *layers.Training, epoch int, logs layers.Logs) error {
		near(t, "loss", []float32{float32(logs["loss"])}, []float32{float32(golden.Losses[epoch])}, 1e-5)
		now := values(t, m)
		for path, want := range golden.Weights[epoch] {
			near(t, path, now[path], want, 1e-4)
		}
		return nil
	})
	options := append(recipe.Options(train), layers.Shuffle(false), layers.Verbose(layers.Silent), layers.Callbacks(step))
	if _, err := m.Fit(t.Context(), train, options...); err != nil {
		t.Fatal(err)
	}
	means := 0
	for path, got := range values(t, m) {
		if path, is := strings.CutSuffix(path, "/moving_mean"); is {
			_, number, _ := strings.Cut(path, "batch_normalization_")
			n, _ := strconv.Atoi(number) // the first has none
			near(t, path, got, golden.Means[n], 1e-4)
			means++
		}
	}
	if means != 6 {
		t.Errorf("%d moving means, want 6", means)
	}
}

// setPeersWeights gives the model the golden script's weights.
func setPeersWeights(t *testing.T, m *layers.Model, golden *goldenAirbench) {
	t.Helper()
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	salt := 0
	for _, v := range m.Variables() {
		set := v.SetFlat
		if v.Path == "whitening/kernel" {
			if err := set(golden.Whitening); err != nil {
				t.Fatal(err)
			}
			continue
		}
		scale := map[string]float64{"bias": 0.3, "beta": 0.1}[v.Name]
		switch {
		case v.Path == "head/kernel":
			scale = 1.7
		case v.Name == "kernel":
			scale = math.Sqrt(3 / float64(9*v.Shape[2]))
		case scale == 0:
			continue // moving statistics
		}
		salt++
		flat := peerdata.Salted(v.Shape.Size(), salt)
		for i := range flat {
			flat[i] = float32(float64(flat[i]) * float64(float32(scale)))
		}
		if err := set(flat); err != nil {
			t.Fatal(err)
		}
	}
}
