package kerasfile

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestNorms loads a model of normalizing, activating, merging and regularizing
// layers, trains it on, saves it, and opens it again here, and in Keras where
// there is one.
func TestNorms(t *testing.T) {
	var want struct{ Before, After, Loss []float64 }
	dir := unpackGolden(t, "testdata/norms.zip", "expected.json", &want)
	shape := []int{6, 6, 5, 4}
	x := peerdata.Formula(layers.Shape(shape).Size())
	worst := 0.0
	compare := func(what string, got []float64, want []float64) {
		t.Helper()
		largest, off := 0.0, 0.0
		for i, v := range want {
			largest, off = max(largest, math.Abs(v)), max(off, math.Abs(got[i]-v))
		}
		worst = max(worst, off/largest)
		if !(off <= 1e-5*largest) || len(got) != len(want) {
			t.Errorf("%s: %v, Keras has %v", what, got, want)
		}
	}
	predict := func(m *layers.Model) (wide []float64) {
		for _, v := range forward(t, m, tensors.FromFlatDataAndDimensions(x, shape...)) {
			wide = append(wide, float64(v))
		}
		return wide
	}
	var forms savedForms
	for _, suffix := range []string{".keras", ".h5"} {
		m, err := LoadModel(filepath.Join(dir, "norms"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		compare(suffix, predict(m), want.Before)
		forms.add(t, m, filepath.Join(dir, "norms.keras"), map[string]any{"shape": shape, "input": x, "output": want.Before},
			func(what string, again *layers.Model) { compare(suffix+" as "+what, predict(again), want.Before) })
		if err := m.Compile(layers.SGD(0.05), layers.MeanSquaredError); err != nil {
			t.Fatal(err)
		}
		e := &layers.Examples{Floats: x, Shape: shape[1:], Targets: peerdata.Formula(18), TargetShape: []int{3}}
		h, err := m.Fit(t.Context(), e, layers.Epochs(2), layers.Shuffle(false), layers.Verbose(layers.Silent))
		if err != nil {
			t.Fatal(err)
		}
		compare(suffix+": losses", h.Metrics["loss"], want.Loss)
		compare(suffix+" after training", predict(m), want.After)
	}
	t.Logf("largest difference relative to the largest value: %.2g", worst)
	forms.inKeras(t)
}
