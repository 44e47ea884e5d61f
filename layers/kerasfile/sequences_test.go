package kerasfile

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/gomlx/core/tensors"
)

// sequenceModel is what Keras' model predicts before and after a step of
// training; see testdata/sequences.py.
type sequenceModel struct {
	Shapes        [][]int `json:"shapes"`
	Before, After []float32
	Loss          float64
}

// sequenceBatch is the number of examples.
const sequenceBatch = 6

func sequenceModels(t *testing.T) (dir string, models map[string]sequenceModel) {
	t.Helper()
	dir = unpackGolden(t, "testdata/sequences.zip", "expected.json", &models)
	if len(models) != 3 {
		t.Fatalf("%d models, want 3", len(models))
	}
	return dir, models
}

// examples are the script's.
func (s sequenceModel) examples(name string) *layers.Examples {
	e := &layers.Examples{Classes: 4}
	for input, shape := range s.Shapes {
		v := layers.Values{Shape: shape, Floats: peerdata.Formula(sequenceBatch * layers.Shape(shape).Size())}
		if name == "vision_transformer" && input == 1 {
			for i := range v.Floats {
				v.Floats[i] = float32(i % 9) // places
			}
		}
		e.Inputs = append(e.Inputs, v)
	}
	for i := range sequenceBatch {
		e.Labels = append(e.Labels, int32(i%4))
	}
	return e
}

// check compares a model's predictions, and gives the largest difference.
func (s sequenceModel) check(t *testing.T, m *layers.Model, want []float32, what string) (difference float64) {
	t.Helper()
	var inputs []*tensors.Tensor
	for _, v := range s.examples(m.Name()).Inputs {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(v.Floats, append([]int{sequenceBatch}, v.Shape...)...))
	}
	got := forward(t, m, inputs...)
	if len(got) != len(want) {
		t.Fatalf("%s: predicts %d values, Keras %d", what, len(got), len(want))
	}
	for i, v := range got {
		difference = max(difference, math.Abs(float64(v-want[i])))
	}
	if !(difference <= 1e-5) {
		t.Errorf("%s: predicts %v, Keras %v", what, got, want)
	}
	return difference
}

// TestSequenceModels loads a vision transformer, a decoder and a recurrent
// model of Keras, trains each for a step, and compares the loss, and the
// predictions before and after.
func TestSequenceModels(t *testing.T) {
	dir, models := sequenceModels(t)
	for name, want := range models {
		for _, suffix := range []string{".keras", ".h5"} {
			t.Run(name+suffix, func(t *testing.T) {
				m, err := LoadModel(filepath.Join(dir, name+suffix))
				if err != nil {
					t.Fatal(err)
				}
				before := want.check(t, m, want.Before, "before")
				if err := m.Compile(layers.SGD(0.1), layers.CategoricalCrossEntropy); err != nil {
					t.Fatal(err)
				}
				h, err := m.Fit(t.Context(), want.examples(name), layers.BatchSize(sequenceBatch), layers.Epochs(1),
					layers.Shuffle(false), layers.Verbose(layers.Silent))
				if err != nil {
					t.Fatal(err)
				}
				loss := math.Abs(h.Metrics["loss"][0] - want.Loss)
				if !(loss <= 1e-5) {
					t.Errorf("the loss is %g, Keras' %g", h.Metrics["loss"][0], want.Loss)
				}
				after := want.check(t, m, want.After, "after a step")
				t.Logf("largest differences: predictions %.2g, loss %.2g, predictions after a step %.2g", before, loss, after)
			})
		}
	}
}

// TestSequenceModelsSaved saves the models, opens them here, and in Keras where
// there is one.
func TestSequenceModelsSaved(t *testing.T) {
	dir, models := sequenceModels(t)
	var forms savedForms
	for name, want := range models {
		origin := filepath.Join(dir, name+".keras")
		m, err := LoadModel(origin)
		if err != nil {
			t.Fatal(err)
		}
		var inputs []map[string]any
		for _, v := range want.examples(name).Inputs {
			inputs = append(inputs, map[string]any{"shape": append([]int{sequenceBatch}, v.Shape...), "input": v.Floats})
		}
		forms.add(t, m, origin, map[string]any{"inputs": inputs, "output": want.Before}, func(what string, again *layers.Model) {
			want.check(t, again, want.Before, what)
		})
	}
	// Keras 3.15 takes score_mode "dot" in an .h5 file for a function, in its own too.
	forms.manifest = slices.DeleteFunc(forms.manifest, func(entry map[string]any) bool {
		return filepath.Base(entry["file"].(string)) == "decoder.h5"
	})
	forms.inKeras(t)
}
