package layers

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// goldenRegularizers is testdata/golden_regularizers.py's file.
type goldenRegularizers struct {
	Penalties, Constraints []struct {
		Object             map[string]any
		X, Value, Gradient goldenArray
	}
	Training map[string]goldenPenalties
}

// goldenPenalties is a training in Keras.
type goldenPenalties struct {
	Config         map[string]any
	Weights, After []goldenArray
	X, Y           goldenArray
	History        map[string][]float64
	Evaluated      float64
}

// TestPenaltiesEqualKeras compares regularizers, their gradients and
// constraints, and that they write themselves as Keras does.
func TestPenaltiesEqualKeras(t *testing.T) {
	var golden goldenRegularizers
	readGolden(t, "regularizers.json", &golden)
	if len(golden.Penalties) < 9 || len(golden.Constraints) < 8 {
		t.Fatal("cases are missing")
	}
	worst := 0.0
	check := func(object map[string]any, saved any, f func(x *graph.Node) []*graph.Node,
		x goldenArray, want ...goldenArray) {
		t.Helper()
		if got := asJSON(t, saved.(map[string]any)); !reflect.DeepEqual(got, object) {
			t.Errorf("writes itself as %v, Keras as %v", got, object)
		}
		out, err := graph.CallOnceN(testBackend(t), f, x.tensor(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if len(want[i].Shape) == 0 {
				want[i].Shape = nil // of a scalar
			}
			worst = max(worst, checkClose(t, object["class_name"].(string), out[i], want[i]))
		}
	}
	for _, c := range golden.Penalties {
		s := newSettings(map[string]any{"r": c.Object})
		r := s.Regularizer("r")
		if err := s.finish(); err != nil {
			t.Fatal(err)
		}
		check(c.Object, RegularizerConfig(r), func(x *graph.Node) []*graph.Node {
			y := r.Penalty(x)
			return []*graph.Node{y, graph.Gradient(y, x)[0]}
		}, c.X, c.Value, c.Gradient)
	}
	for _, c := range golden.Constraints {
		s := newSettings(map[string]any{"c": c.Object})
		r := s.Constraint("c")
		if err := s.finish(); err != nil {
			t.Fatal(err)
		}
		check(c.Object, ConstraintConfig(r), func(x *graph.Node) []*graph.Node {
			return []*graph.Node{r.Constrain(x)}
		}, c.X, c.Value)
	}
	t.Logf("largest difference relative to the largest value: %.2g", worst)
}

// TestFitWithPenaltiesAsKeras trains a model that has them all, without
// constraints and with them.
func TestFitWithPenaltiesAsKeras(t *testing.T) {
	var golden goldenRegularizers
	readGolden(t, "regularizers.json", &golden)
	for _, name := range []string{"penalties", "constraints"} {
		t.Run(name, func(t *testing.T) {
			t.Logf("largest relative difference: %.2g", golden.Training[name].follow(t))
		})
	}
}

// follow trains as Keras did, and returns the largest difference.
func (c goldenPenalties) follow(t *testing.T) (worst float64) {
	m, err := ModelFromConfig(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	setValues(t, m, c.Weights)
	if err := m.Compile(Adam(0.01), MeanSquaredError); err != nil {
		t.Fatal(err)
	}
	e := &Examples{Floats: c.X.values(t), Shape: c.X.Shape[1:], Targets: c.Y.values(t), TargetShape: c.Y.Shape[1:]}
	h, err := m.Fit(t.Context(), e, BatchSize(16), Epochs(4), Shuffle(false), ValidationSplit(0.2), Verbose(Silent))
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		difference := math.Abs(got-want) / math.Abs(want)
		worst = max(worst, difference)
		if !(difference < 1e-5) {
			t.Errorf("%s: %v, Keras has %v", what, got, want)
		}
	}
	for key, want := range c.History {
		for i := range want {
			near(key, h.Metrics[key][i], want[i])
		}
	}
	logs, err := m.Evaluate(t.Context(), e, BatchSize(16), Verbose(Silent))
	if err != nil {
		t.Fatal(err)
	}
	near("evaluated loss", logs["loss"], c.Evaluated)
	for i, v := range m.Variables() {
		worst = max(worst, checkClose(t, v.Path, v.Value, c.After[i]))
	}
	return worst
}

// setValues sets all variables.
func setValues(t *testing.T, m *Model, values []goldenArray) {
	t.Helper()
	variables := m.Variables()
	if len(variables) != len(values) {
		t.Fatalf("%d variables, Keras has %d", len(variables), len(values))
	}
	for i, v := range variables {
		if err := v.Set(values[i].tensor(t)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWrongPenalties lists arguments that no layer takes.
func TestWrongPenalties(t *testing.T) {
	for _, c := range []struct {
		layer Layer
		want  string
	}{
		{Dense(2).KernelRegularizer(L1(-1)), "kernel: regularizer L1: a factor must be at least 0 and finite, got -1"},
		{Dense(2).BiasRegularizer(L2(math.Inf(1))), "bias: regularizer L2: a factor"},
		{Dense(2).BiasRegularizer(OrthogonalRegularizer(1, "rows")),
			"bias: regularizer OrthogonalRegularizer wants a matrix, got (2,)"},
		{Dense(2).KernelRegularizer(OrthogonalRegularizer(1, "both")), `mode must be "rows" or "columns", got "both"`},
		{Dense(2).KernelConstraint(MaxNorm(-1)), "constraint MaxNorm wants bounds of at least 0"},
		{Dense(2).KernelConstraint(MinMaxNorm(2, 1, 1)), "constraint MinMaxNorm wants bounds"},
		{Dense(2).KernelConstraint(MinMaxNorm(0, 1, 2)), "constraint MinMaxNorm wants a rate between 0 and 1, got 2"},
		{Dense(2).KernelConstraint(UnitNorm(2)), "kernel: constraint UnitNorm: a variable of shape (4, 2) has no axis 2"},
		{Dense(2).ActivityRegularizer(L2(math.NaN())), "activity: regularizer L2: a factor"},
		{Conv2D(2, 1).ActivityRegularizer(OrthogonalRegularizer(1, "rows")),
			"activity: regularizer OrthogonalRegularizer wants a matrix"},
	} {
		in := Input(4)
		if _, ok := c.layer.(*Conv2DLayer); ok {
			in = Input(3, 3, 1)
		}
		err := Sequential("m", in, c.layer).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.layer.Class()) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	_, err := FromConfig("Dense", map[string]any{"units": 2, "kernel_regularizer": "l3"})
	if err == nil || !strings.Contains(err.Error(), `kernel_regularizer: unknown regularizer "l3"`) {
		t.Error(err)
	}
}

// lossy adds twice the mean of its input to the loss.
type lossy struct{ Base[*lossy] }

func (l *lossy) OutputShape(in []Shape) (Shape, error) { return in[0], nil }

func (l *lossy) Call(c *Pass, in []*graph.Node) *graph.Node {
	c.AddLoss(graph.MulScalar(graph.ReduceAllMean(in[0]), 2))
	return in[0]
}

// TestAddLoss evaluates a model with a layer that adds to the loss, in a nested
// model too.
func TestAddLoss(t *testing.T) {
	own := func() *lossy { l := &lossy{}; l.Init(l, "lossy"); return l }
	m := Sequential("m", Input(2), own(), Sequential("inner", Input(2), own()))
	if err := m.Compile(SGD(0), MeanSquaredError); err != nil {
		t.Fatal(err)
	}
	e := &Examples{Floats: []float32{1, 2, 3, 4}, Shape: []int{2}, Targets: []float32{1, 2, 3, 5}, TargetShape: []int{2}}
	logs, err := m.Evaluate(t.Context(), e, Verbose(Silent), BatchSize(2))
	if err != nil {
		t.Fatal(err)
	}
	if want := 0.25 + 2*2*2.5; math.Abs(logs["loss"]-want) > 1e-6 {
		t.Errorf("loss %v, want %v", logs["loss"], want)
	}
}
