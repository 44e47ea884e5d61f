package layers

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// goldenOptimizer is a case of testdata/golden_optimizers.py.
type goldenOptimizer struct {
	Weights [][]float32
	State   [][]json.RawMessage // shape and values
	Object  map[string]any
}

// stepper runs a model's optimizers along given gradients.
type stepper struct {
	t     *testing.T
	model *Model
	exec  *graph.Exec
	slots []ownSlot
	state []*tensors.Tensor // weights, then slots
}

func newStepper(t *testing.T, o Optimizer, policy DTypePolicy) *stepper {
	t.Helper()
	m := Sequential("m", Input(3), Dense(4).Named("a"), Dense(2).WithoutBias().Named("b")).DType(policy)
	if err := m.Compile(o, MeanSquaredError); err != nil {
		t.Fatal(err)
	}
	s := &stepper{t: t, model: m, slots: m.slots()}
	variables := m.TrainableVariables()
	for i, v := range variables {
		if err := v.SetFlat(trainingFormula(v.Shape.Size(), 1+i)); err != nil {
			t.Fatal(err)
		}
		s.state = append(s.state, v.Value)
	}
	for _, slot := range s.slots {
		values, err := slot.start()
		if err != nil {
			t.Fatal(err)
		}
		s.state = append(s.state, tensors.FromFlatDataAndDimensions(values, slot.Shape...))
	}
	n, groups := len(variables), len(m.groups())
	var err error
	s.exec, err = graph.NewExec(testBackend(t), func(in []*graph.Node) []*graph.Node {
		step := &engine.Step{Iteration: in[0], Rates: in[1 : 1+groups]}
		in = in[1+groups:]
		upstream, weights, slots := in[:n], in[n:2*n], in[2*n:]
		// the gradients of sum(weight * upstream), as layers of the policy see it
		var sum *graph.Node
		for i, w := range weights {
			seen := graph.Mul(graph.ConvertDType(w, policy.compute()), graph.ConvertDType(upstream[i], policy.compute()))
			if part := graph.ReduceAllSum(toFloat32(seen)); sum == nil {
				sum = part
			} else {
				sum = graph.Add(sum, part)
			}
		}
		gradients := graph.Gradient(sum, weights...)
		step.Weights, step.Slots = slices.Clone(weights), slices.Clone(slots)
		m.optimizing(step).apply(variables, gradients)
		return slices.Concat(step.Weights, step.Slots)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// step does one step, counted from 0, and keeps the state.
func (s *stepper) step(n int, scale float64) {
	s.t.Helper()
	args := []any{float32(n + 1)}
	for _, rate := range rates(optimizers(s.model.compiled.optimizer)) {
		args = append(args, float32(rate))
	}
	for i, v := range s.model.TrainableVariables() {
		g := trainingFormula(v.Shape.Size(), 10+3*n+i)
		for j := range g {
			g[j] *= float32(scale)
		}
		args = append(args, tensors.FromFlatDataAndDimensions(g, v.Shape...))
	}
	for _, x := range s.state {
		args = append(args, x)
	}
	out, err := s.exec.Call(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.state = out
}

// TestOptimizersEqualKeras makes each optimizer from Keras' configuration, runs
// it, and compares weights, state in Keras' order, and the configuration.
func TestOptimizersEqualKeras(t *testing.T) {
	optimizersEqualKeras(t, "optimizers.json", Float32)
}

// TestOptimizersOfBFloat16EqualKeras does the same for layers of
// mixed_bfloat16. Weights and state are float32 and the gradients are the same
// bfloat16 numbers on both sides, so the tolerance is that of float32.
func TestOptimizersOfBFloat16EqualKeras(t *testing.T) {
	optimizersEqualKeras(t, "optimizers_bfloat16.json", MixedBFloat16)
}

func optimizersEqualKeras(t *testing.T, file string, policy DTypePolicy) {
	var golden struct{ Optimizers map[string]goldenOptimizer }
	readGolden(t, file, &golden)
	if len(golden.Optimizers) < 30 {
		t.Fatalf("%d cases", len(golden.Optimizers))
	}
	worst := 0.0
	for name, c := range golden.Optimizers {
		o, err := optimizerFromConfig(atStart(c.Object))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "adamw_without_bias" {
			o.(*AdamOptimizer).Set(ExcludeFromWeightDecay("bias"))
		}
		s := newStepper(t, o, policy)
		scale := 0.3
		if settings := settingsOf(o); settings.lossScale != 0 {
			scale *= settings.lossScale
		}
		for step := range 20 {
			if step == 10 {
				for _, inner := range optimizers(o) {
					inner.SetLearningRate(inner.LearningRate() / 2)
				}
			}
			s.step(step, scale)
		}
		compareObject(t, name, saveOptimizer(o), c.Object)
		worst = max(worst, s.compare(name, c))
	}
	t.Logf("%d optimizers: largest difference of a weight or slot after 20 steps, relative to the array's largest: %.2g",
		len(golden.Optimizers), worst)
}

// atStart is an optimizer's object with the learning rates that the case began
// with: twice those of its end.
func atStart(object map[string]any) map[string]any {
	out := maps.Clone(object)
	for key, v := range out {
		switch v := v.(type) {
		case map[string]any:
			out[key] = atStart(v)
		case float64:
			if key == "learning_rate" {
				out[key] = 2 * v
			}
		}
	}
	return out
}

// compare checks weights and state.
func (s *stepper) compare(name string, c goldenOptimizer) (worst float64) {
	s.t.Helper()
	for i, want := range c.Weights {
		got := tensors.MustCopyFlatData[float32](s.state[i])
		worst = max(worst, compare(s.t, name+": "+s.model.TrainableVariables()[i].Path, got, want, 2e-5))
	}
	skip := 1
	if !scheduled(s.model.compiled.optimizer) {
		skip = 2
	}
	entries := s.model.stateEntries()
	if len(c.State) != skip+len(entries) {
		s.t.Errorf("%s: %d places of the state, Keras has %d", name, skip+len(entries), len(c.State))
		return worst
	}
	next := len(c.Weights)
	for i, e := range entries {
		var shape Shape
		var want []float32
		if err := json.Unmarshal(c.State[skip+i][0], &shape); err != nil {
			s.t.Fatal(err)
		}
		if err := json.Unmarshal(c.State[skip+i][1], &want); err != nil {
			s.t.Fatal(err)
		}
		if !e.shape().Equal(shape) {
			s.t.Errorf("%s: %s has shape %v, Keras' %v", name, e.name(), e.shape(), shape)
		}
		if e.of == nil {
			got := tensors.MustCopyFlatData[float32](s.state[next])
			worst = max(worst, compare(s.t, name+": "+e.name(), got, want, 2e-5))
			next++
		}
	}
	return worst
}

// compareObject compares what files hold, numbers as float32.
func compareObject(t *testing.T, name string, got any, want map[string]any) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var have any
	if err := json.Unmarshal(text, &have); err != nil {
		t.Fatal(err)
	}
	var differences func(path string, a, b any)
	differences = func(path string, a, b any) {
		switch b := b.(type) {
		case map[string]any:
			a, ok := a.(map[string]any)
			if !ok {
				t.Errorf("%s: %s is %v, Keras has %v", name, path, a, b)
				return
			}
			for key := range b {
				if _, there := a[key]; !there {
					t.Errorf("%s: %s has no %s, Keras has %v", name, path, key, b[key])
				}
			}
			for key := range a {
				differences(path+"."+key, a[key], b[key])
			}
		case []any:
			a, ok := a.([]any)
			if !ok || len(a) != len(b) {
				t.Errorf("%s: %s is %v, Keras has %v", name, path, a, b)
				return
			}
			for i := range b {
				differences(path, a[i], b[i])
			}
		case float64:
			if a, ok := a.(float64); !ok || math.Abs(a-b) > 1e-6*math.Abs(b) {
				t.Errorf("%s: %s is %v, Keras has %v", name, path, a, b)
			}
		case string: // Keras numbers the names of a class
			if text, ok := a.(string); !ok || text != b && !(strings.HasSuffix(path, ".name") &&
				strings.HasPrefix(b, text)) {
				t.Errorf("%s: %s is %v, Keras has %v", name, path, a, b)
			}
		default:
			if a != b {
				t.Errorf("%s: %s is %v, Keras has %v", name, path, a, b)
			}
		}
	}
	differences("", have, map[string]any(want))
}

// TestSchedulesEqualKeras compares rates and configurations.
func TestSchedulesEqualKeras(t *testing.T) {
	var golden struct {
		Schedules []struct {
			Object map[string]any
			Steps  []int
			Rates  []float64
		}
	}
	readGolden(t, "optimizers.json", &golden)
	worst := 0.0
	for _, c := range golden.Schedules {
		s, err := scheduleClasses.load(c.Object)
		if err != nil {
			t.Error(err)
			continue
		}
		compareObject(t, s.Class(), scheduleClasses.save(s), c.Object)
		for i, step := range c.Steps {
			got, err := RateAt(s, step)
			if err != nil {
				t.Fatal(err)
			}
			off := math.Abs(got - c.Rates[i])
			if worst = max(worst, off); off > 1e-6*0.3 {
				t.Errorf("%v: rate %v at step %d, Keras has %v", s.Config(), got, step, c.Rates[i])
			}
		}
	}
	t.Logf("%d schedules: largest difference of a rate: %.2g", len(golden.Schedules), worst)
}
