package layers

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// twoOutputs is golden_fits.py's model.
func twoOutputs(t testing.TB) *Model {
	t.Helper()
	a, b := Input(3).Named("a"), Input(2).Named("b")
	x := Concatenate().Apply(Dense(4).Activation(Tanh).Named("left").Apply(a),
		Dense(3).Activation(Relu).Named("right").Apply(b))
	m := Functional("two", Symbols{a, b}, Symbols{Dense(2).Named("size").Apply(x),
		Dense(3).Activation(Softmax).Named("kind").Apply(x)})
	setFormula(t, m)
	err := m.CompileOutputs(
		AdamW(0, WeightDecay(0.1), GlobalClipNorm(0.5), WithSchedule(CosineDecay(0.001, 10).WarmUp(0.02, 4))),
		ForOutput("size", Huber(1)).Weight(0.5).Metrics(MeanAbsoluteError().Named("mae"),
			Rename(RootMeanSquaredError(), "rmse")).
			WeightedMetrics(MeanAbsoluteError().Named("mae")),
		ForOutput("kind", CategoricalCrossEntropy.LabelSmoothing(0.1)).Weight(2).
			Metrics(Accuracy, AUC(), Precision()).WeightedMetrics(Rename(F1Score("macro", 0), "f1")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// twoOutputsData is golden_fits.py's.
func twoOutputsData(t testing.TB) (train, validation, all *Examples) {
	t.Helper()
	const n = 22
	e := &Examples{
		Inputs: []Values{{Shape: []int{3}, Floats: trainingFormula(n*3, 51)},
			{Shape: []int{2}, Floats: trainingFormula(n*2, 52)}},
		Outputs: []Target{{Shape: []int{2}, Floats: trainingFormula(n*2, 53), Weights: rampWeights(n)}, {Classes: 3}}}
	for i := range n {
		e.Outputs[1].Labels = append(e.Outputs[1].Labels, int32(i*5%3))
		e.Outputs[1].Weights = append(e.Outputs[1].Weights, float32(1-0.75*float64(i)/(n-1)))
	}
	train, err := e.Slice(0, 18)
	if err != nil {
		t.Fatal(err)
	}
	if validation, err = e.Slice(18, n); err != nil {
		t.Fatal(err)
	}
	return train, validation, e
}

func fitTwoOutputs(t testing.TB, ctx context.Context, more ...Option) (*Model, *History, error) {
	train, validation, _ := twoOutputsData(t)
	m := twoOutputs(t)
	h, err := m.Fit(ctx, train, append([]Option{BatchSize(8), Epochs(3), Shuffle(false), Verbose(Silent),
		ValidationData(validation)}, more...)...)
	return m, h, err
}

// TestFitOutputsAsKeras fits two inputs to two outputs with all that
// CompileOutputs can say.
func TestFitOutputsAsKeras(t *testing.T) {
	var golden struct {
		History     map[string][]float64
		Predictions [][]float32
	}
	readGolden(t, "fits.json", &golden)
	m, h, err := fitTwoOutputs(t, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Sorted(maps.Keys(h.Metrics)),
		slices.Sorted(maps.Keys(golden.History)); !slices.Equal(got, want) {
		t.Fatalf("measured %q, Keras %q", got, want)
	}
	worst := 0.0
	for name, want := range golden.History {
		for epoch, v := range want {
			off := math.Abs(h.Metrics[name][epoch] - v)
			if worst = max(worst, off); off > 1e-5 {
				t.Errorf("%s is %v in epoch %d, Keras has %v", name, h.Metrics[name][epoch], epoch+1, v)
			}
		}
	}
	t.Logf("largest difference of a figure: %.2g", worst)
	_, _, all := twoOutputsData(t)
	outputs, err := m.PredictAll(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, rows := range outputs {
		compare(t, "predictions", slices.Concat(rows...), golden.Predictions[i], 1e-5)
	}
}

// TestResumeWithStates interrupts the fit in the middle of an epoch: what
// metrics had added up goes on, too.
func TestResumeWithStates(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	_, want, err := fitTwoOutputs(t, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := &cancelAt{step: 2, cancel: cancel}
	if _, _, err := fitTwoOutputs(t, ctx, Run("states"), SaveEverySteps(1),
		Callbacks(stop)); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	_, got, err := fitTwoOutputs(t, t.Context(), Run("states"), SaveEverySteps(1))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range want.Metrics {
		if !slices.Equal(got.Metrics[name], values) {
			t.Errorf("%s: %v after resuming, %v without", name, got.Metrics[name], values)
		}
	}
	loaded, err := LoadRun("states")
	if err != nil {
		t.Fatal(err)
	}
	_, validation, _ := twoOutputsData(t)
	logs, err := loaded.Evaluate(t.Context(), validation)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range logs {
		if last, _ := want.Last("val_" + name); math.Abs(last-v) > 1e-6 {
			t.Errorf("LoadRun's model: %s is %v, was %v", name, v, last)
		}
	}
}

// statesModel has metrics with a state, and an optimizer for each of two groups.
func statesModel(t testing.TB) *Model {
	m := smallModel(t, false)
	o := PerGroup(Adam(0.005, GlobalClipNorm(1)), LossScale(4)).Rate("conv2d/.*", 0.5).On("dense/kernel", Muon(0.01))
	if err := m.Compile(o, CategoricalCrossEntropy, Accuracy, AUC(), F1Score("macro", 0)); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestCompileOutputsRefuses: what does not fit is named.
func TestCompileOutputsRefuses(t *testing.T) {
	train, _, _ := twoOutputsData(t)
	for want, change := range map[string]func(m *Model, e *Examples) error{
		`has no output "weight"`: func(m *Model, _ *Examples) error {
			return m.CompileOutputs(SGD(0.1), ForOutput("weight", Huber(1)))
		},
		"2 outputs; Compile is for one": func(m *Model, e *Examples) error {
			if err := m.Compile(SGD(0.1), Huber(1)); err != nil {
				return err
			}
			_, err := m.Fit(t.Context(), e)
			return err
		},
		"output kind, huber_loss wants Targets": func(m *Model, e *Examples) error {
			e.Outputs[1].Labels = nil
			e.Outputs[1].Floats, e.Outputs[1].Shape = make([]float32, 18), []int{1}
			if err := m.CompileOutputs(SGD(0.1), ForOutput("kind", Huber(1))); err != nil {
				return err
			}
			_, err := m.Fit(t.Context(), e)
			return err
		},
		"has targets for 1": func(m *Model, e *Examples) error {
			e.Outputs = e.Outputs[:1]
			_, err := m.Fit(t.Context(), e)
			return err
		},
		"weight 3 is -1": func(m *Model, e *Examples) error {
			e.Outputs[0].Weights = append([]float32{1, 1, 1, -1}, make([]float32, 14)...)
			_, err := m.Fit(t.Context(), e)
			return err
		},
		"wants input 1 (b) of shape (None, 2)": func(m *Model, e *Examples) error {
			e.Inputs[1] = e.Inputs[0]
			_, err := m.Fit(t.Context(), e)
			return err
		},
		"only one of ClipNorm": func(m *Model, _ *Examples) error {
			return m.CompileOutputs(Adam(0.1, ClipNorm(1), ClipValue(1)), ForOutput("kind", Huber(1)))
		},
		"has no label_smoothing": func(m *Model, _ *Examples) error {
			return m.CompileOutputs(Adam(0.1), ForOutput("kind", MeanAbsoluteError().LabelSmoothing(0.1)))
		},
		"decay_steps must be above 0": func(m *Model, _ *Examples) error {
			return m.CompileOutputs(Adam(0.1, WithSchedule(CosineDecay(0.1, 0))), ForOutput("kind", Huber(1)))
		},
	} {
		m, e := twoOutputs(t), *train
		e.Outputs, e.Inputs = slices.Clone(e.Outputs), slices.Clone(e.Inputs)
		err := change(m, &e)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
