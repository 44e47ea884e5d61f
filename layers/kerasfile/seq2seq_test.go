package kerasfile

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/gomlx/core/tensors"
)

// seq2seqModel is what a model of testdata/seq2seq.py did in Keras.
type seq2seqModel struct {
	Inputs        []seq2seqValues
	Targets       seq2seqValues
	Summary       string
	ReadsH5       any `json:"reads_h5"` // true, or why Keras cannot read its own .h5
	Before, After []float32
	Loss          []float64
	Written       []struct {
		Word          int
		Probabilities []float32
	}
}

type seq2seqValues struct {
	Shape  []int
	Values []float32
}

func (v seq2seqValues) tensor() *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(v.Values, v.Shape...)
}

func (s seq2seqModel) tensors() (all []*tensors.Tensor) {
	for _, v := range s.Inputs {
		all = append(all, v.tensor())
	}
	return all
}

// examples are what the model is trained on.
func (s seq2seqModel) examples() *layers.Examples {
	e := &layers.Examples{TargetShape: s.Targets.Shape[1:], Targets: s.Targets.Values}
	for _, v := range s.Inputs {
		e.Inputs = append(e.Inputs, layers.Values{Shape: v.Shape[1:], Floats: v.Values})
	}
	return e
}

// load reads a model, whose inputs' sizes may be open.
func (s seq2seqModel) load(t *testing.T, path string) *layers.Model {
	t.Helper()
	var options []LoadOption
	if strings.Contains(path, "seq2seq_any") {
		options = []LoadOption{InputShape("input_layer", s.Inputs[0].Shape[1:]...),
			InputShape("input_layer_1", s.Inputs[1].Shape[1:]...)}
	}
	m, err := LoadModel(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// largestDifference compares values with those of Keras.
func largestDifference(t *testing.T, what string, got, want []float32) (largest float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, Keras has %d", what, len(got), len(want))
	}
	for i := range got {
		largest = max(largest, math.Abs(float64(got[i]-want[i])))
	}
	if !(largest <= 1e-5) {
		t.Errorf("%s: %v, Keras has %v", what, got, want)
	}
	return largest
}

func seq2seqModels(t *testing.T) (dir string, models map[string]seq2seqModel) {
	t.Helper()
	dir = unpackGolden(t, "testdata/seq2seq.zip", "expected.json", &models)
	if len(models) != 5 {
		t.Fatalf("%d models, want 5", len(models))
	}
	return dir, models
}

// TestSeq2Seq loads encoders and decoders of Keras, whose layers pass states and
// masks on, and compares predictions, summaries, and a training that goes on.
func TestSeq2Seq(t *testing.T) {
	dir, models := seq2seqModels(t)
	for name, want := range models {
		for _, suffix := range []string{".keras", ".h5"} {
			t.Run(name+suffix, func(t *testing.T) {
				m := want.load(t, filepath.Join(dir, name+suffix))
				before := largestDifference(t, "predictions", forward(t, m, want.tensors()...), want.Before)
				// Keras shows open sizes, and the operations that its masks are made of.
				got, equal := strings.TrimSpace(m.Summary()), name == "seq2seq" || name == "nested"
				if equal && got != strings.TrimSpace(want.Summary) {
					t.Errorf("summary:\n%s\nKeras has\n%s", got, want.Summary)
				}
				if suffix == ".h5" && want.ReadsH5 != true {
					t.Logf("Keras cannot read its own file: %v", want.ReadsH5)
				}
				if want.Written != nil {
					want.checkWritten(t, m)
				}
				h, err := m.Fit(t.Context(), want.examples(), layers.BatchSize(4), layers.Epochs(2), layers.Shuffle(false),
					layers.Verbose(layers.Silent))
				if err != nil {
					t.Fatal(err)
				}
				for epoch, loss := range want.Loss {
					if got := h.Metrics["loss"][epoch]; !(math.Abs(got-loss) <= 1e-5) {
						t.Errorf("epoch %d: the loss is %g, Keras' %g", epoch+1, got, loss)
					}
				}
				after := largestDifference(t, "after training", forward(t, m, want.tensors()...), want.After)
				t.Logf("largest differences: predictions %.2g, after two steps %.2g", before, after)
			})
		}
	}
}

// checkWritten has the decoder write a text, as the example's decode_sequence
// does: the encoder's states start it, then its own words and states.
func (s seq2seqModel) checkWritten(t *testing.T, m *layers.Model) {
	t.Helper()
	encoded := m.Tap("lstm").Outputs()
	if len(encoded) != 3 {
		t.Fatalf("the encoder has %d results, want 3", len(encoded))
	}
	encoder := layers.Functional("encoder", layers.Symbols{m.Inputs()[0]}, layers.Symbols{encoded[1], encoded[2]})
	lstm, err := m.GetLayer("lstm_1")
	if err != nil {
		t.Fatal(err)
	}
	dense, err := m.GetLayer("dense")
	if err != nil {
		t.Fatal(err)
	}
	words := len(s.Written[0].Probabilities)
	word, h, c := layers.Input(1, words), layers.Input(8), layers.Input(8)
	y := lstm.Apply(word, h, c)
	decoder := layers.Functional("decoder", layers.Symbols{word, h, c},
		layers.Symbols{dense.Apply(y), y.Result(1), y.Result(2)})
	first := s.Inputs[0]
	size := layers.Shape(first.Shape[1:]).Size()
	x := tensors.FromFlatDataAndDimensions(first.Values[:size], append([]int{1}, first.Shape[1:]...)...)
	states := outputs(t, encoder, x)
	last := 0
	for i, want := range s.Written {
		given := make([]float32, words)
		given[last] = 1
		all := outputs(t, decoder, tensors.FromFlatDataAndDimensions(given, 1, 1, words), states[0], states[1])
		probabilities, err := tensors.CopyFlatData[float32](all[0])
		if err != nil {
			t.Fatal(err)
		}
		largestDifference(t, "probabilities of a word", probabilities, want.Probabilities)
		last, states = 0, all[1:]
		for j, p := range probabilities {
			if p > probabilities[last] {
				last = j
			}
		}
		if last != want.Word {
			t.Fatalf("word %d is %d, Keras writes %d", i, last, want.Word)
		}
	}
}

// TestSeq2SeqSaved saves the models, opens them here, and in Keras where there is
// one.
func TestSeq2SeqSaved(t *testing.T) {
	dir, models := seq2seqModels(t)
	var forms savedForms
	for name, want := range models {
		origin := filepath.Join(dir, name+".keras")
		m := want.load(t, origin)
		var inputs []map[string]any
		for _, v := range want.Inputs {
			inputs = append(inputs, map[string]any{"shape": v.Shape, "input": v.Values})
		}
		summary := m.Summary()
		forms.add(t, m, origin, map[string]any{"inputs": inputs, "output": want.Before}, func(what string, again *layers.Model) {
			largestDifference(t, what, forward(t, again, want.tensors()...), want.Before)
			if got := again.Summary(); got != summary {
				t.Errorf("%s comes back as\n%s", what, got)
			}
		})
	}
	forms.inKeras(t)
}

// TestOpenInputs: which sizes are open, and shapes that do not fit.
func TestOpenInputs(t *testing.T) {
	dir, _ := seq2seqModels(t)
	path := filepath.Join(dir, "seq2seq_any.keras")
	input := func(shape ...int) LoadOption { return InputShape("input_layer", shape...) }
	for want, options := range map[string][]LoadOption{
		`by the inputs "input_layer" (None, None, 7), "input_layer_1" (None, None, 9)`: nil,
		`by the inputs "input_layer_1" (None, None, 9)`:                                {input(6, 7)},
		`"input_layer" is (None, None, 7), which (None, 6, 8) is not`:                  {input(6, 8)},
		`"input_layer" is (None, None, 7), which (None, 7) is not`:                     {input(7)},
		`there is no input "text"; the model has ["input_layer" "input_layer_1"]`:      {InputShape("text", 6, 7)},
		"every dimension must be at least 1": {
			input(0, 7), InputShape("input_layer_1", 5, 9)},
	} {
		if _, err := LoadModel(path, options...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
