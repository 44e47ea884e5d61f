package layers

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// mixedModel is the golden script's: all in bfloat16, the outputs in float32.
func mixedModel(t testing.TB, batchNorm bool) *Model {
	m := smallModel(t, batchNorm).DType(MixedBFloat16)
	m.stack[len(m.stack)-1].(*DenseLayer).DType(Float32)
	return m
}

// TestMixedFitAsKeras trains in bfloat16 with Keras' weights and data. Where
// bfloat16 rounds differs between any two programs: XLA keeps float32 within a
// fusion, TensorFlow rounds after every operation.
func TestMixedFitAsKeras(t *testing.T) {
	const tolerance = 0.02
	for name, c := range map[string]struct {
		want    goldenFit
		norm    bool
		options []Option
	}{"plain": {want: golden.Mixed.Plain}, "batch norm": {want: golden.Mixed.Norm, norm: true}} {
		t.Run(name, func(t *testing.T) {
			m := mixedModel(t, c.norm)
			steps := &stepLosses{batch: 16, n: 90}
			h, err := m.Fit(t.Context(), smallImages(100), BatchSize(16), Epochs(3), ValidationSplit(0.1),
				Shuffle(false), Verbose(Silent), Callbacks(steps))
			if err != nil {
				t.Fatal(err)
			}
			worst, change := 0.0, 0.0
			plain := golden.Fit
			if c.norm {
				plain = golden.FitNorm
			}
			for i, want := range c.want.StepLosses {
				worst = max(worst, math.Abs(steps.losses[i]-want))
				change = max(change, math.Abs(steps.losses[i]-plain.StepLosses[i]))
			}
			for i, want := range c.want.History["val_loss"] {
				worst = max(worst, math.Abs(h.Metrics["val_loss"][i]-want))
			}
			t.Logf("largest difference of a loss from Keras' mixed_bfloat16: %.2g; from float32: %.2g", worst, change)
			if len(c.want.StepLosses) != 18 || !(worst < tolerance) {
				t.Errorf("losses %v, Keras has %v", steps.losses, c.want.StepLosses)
			}
			if change == 0 {
				t.Error("bfloat16 gives the very losses of float32: it was not computed in")
			}
			for _, v := range m.Variables() {
				if v.Value.DType() != dtypes.Float32 {
					t.Errorf("%s is %s after training", v.Path, v.Value.DType())
				}
			}
		})
	}
}

func TestMixedOutputsAsKeras(t *testing.T) {
	m := mixedModel(t, true)
	got, err := m.Predict(t.Context(), smallImages(4))
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, p := range slices.Concat(got...) {
		worst = max(worst, math.Abs(float64(p)-golden.Mixed.Outputs[i]))
	}
	t.Logf("largest difference of a probability: %.2g", worst)
	if !(worst < 0.01) {
		t.Errorf("outputs %v, Keras has %v", got, golden.Mixed.Outputs)
	}
}

// TestMixedConfigAsKeras: the policies are written as Keras writes them, and
// come back.
func TestMixedConfigAsKeras(t *testing.T) {
	for name, m := range map[string]*Model{"built": mixedModel(t, true),
		"read": must(ModelFromConfig(golden.Mixed.Config))} {
		got, want := asJSON(t, m.KerasConfig()), golden.Mixed.Config
		dropKey(want, "compile_config")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s", name, firstDifference("", got, want))
		}
		if !m.mixed() {
			t.Errorf("%s: nothing is mixed", name)
		}
	}
}

func must(m *Model, err error) *Model {
	if err != nil {
		panic(err)
	}
	return m
}

// TestPoliciesMeet: layers of both policies in one model, a model within a
// model, and statistics that stay float32.
func TestPoliciesMeet(t *testing.T) {
	inner := Sequential("inner", Input(4), Dense(3), BatchNormalization()).DType(MixedBFloat16)
	var seen []dtypes.DType
	spy := func() Layer {
		return newSpy(func(dtype dtypes.DType) { seen = append(seen, dtype) })
	}
	m := Sequential("outer", Input(4), spy(), inner, spy(), Dense(2).Activation(Softmax))
	if err := errors.Join(m.Compile(Adam(0.01), CategoricalCrossEntropy, Accuracy), m.InitializeMissing()); err != nil {
		t.Fatal(err)
	}
	e := &Examples{Floats: trainingFormula(40, 5), Shape: Shape{4}, Classes: 2, Labels: make([]int32, 10)}
	if _, err := m.Fit(t.Context(), e, BatchSize(4), Verbose(Silent)); err != nil {
		t.Fatal(err)
	}
	for _, dtype := range seen {
		if dtype != dtypes.Float32 {
			t.Errorf("a float32 layer got %s", dtype)
		}
	}
	if len(seen) == 0 {
		t.Error("no layer was called")
	}
	seen = nil
	if _, err := m.DType(MixedBFloat16).Predict(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []dtypes.DType{dtypes.BFloat16, dtypes.BFloat16}) {
		t.Errorf("under MixedBFloat16 the layers got %v", seen)
	}
}

// spyLayer tells the type of what it gets.
type spyLayer struct {
	Base[*spyLayer]
	tell func(dtypes.DType)
}

func newSpy(tell func(dtypes.DType)) *spyLayer {
	l := &spyLayer{tell: tell}
	l.Init(l, "Spy")
	return l
}

func (l *spyLayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }
func (l *spyLayer) Config() map[string]any                { return l.Base.Config() }
func (l *spyLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	l.tell(in[0].DType())
	return in[0]
}

func TestDTypeRefuses(t *testing.T) {
	m := Sequential("m", Input(4), Dense(2).DType("mixed_float16"))
	if err := m.Err(); err == nil || !strings.Contains(err.Error(), `unknown dtype policy "mixed_float16"`) {
		t.Errorf("got %v", err)
	}
	if err := Sequential("m", Input(4), Dense(2)).DType("half").Err(); err == nil ||
		!strings.Contains(err.Error(), "half") {
		t.Errorf("got %v", err)
	}
}
