package layers

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// goldenMasks is masks.json of testdata/golden_masks.py.
type goldenMasks struct {
	Fits map[string]struct {
		Config, Compile map[string]any
		Weights         []goldenArray
		History         map[string][]float64
		Inputs, Targets goldenArray
	}
	Passing []string
}

// TestFitMaskedAsKeras fits models whose outputs have a mask: losses, metrics
// and weights of examples count only the steps that the mask tells.
func TestFitMaskedAsKeras(t *testing.T) {
	var golden goldenMasks
	readGolden(t, "masks.json", &golden)
	if len(golden.Fits) < 5 {
		t.Fatalf("%d fits", len(golden.Fits))
	}
	worst := 0.0
	for name, c := range golden.Fits {
		m, err := ModelFromConfig(c.Config)
		if err == nil {
			err = m.CompileFromConfig(c.Compile)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, v := range m.Variables() {
			if err := v.Set(c.Weights[i].tensor(t)); err != nil {
				t.Fatal(err)
			}
		}
		e := &Examples{Shape: c.Inputs.Shape[1:], Floats: c.Inputs.values(t)}
		if len(c.Targets.Shape) == 2 {
			e.TargetShape, e.Classes = c.Targets.Shape[1:], 3
			for _, v := range c.Targets.values(t) {
				e.Labels = append(e.Labels, int32(v))
			}
		} else {
			e.TargetShape, e.Targets = c.Targets.Shape[1:], c.Targets.values(t)
		}
		if slices.Contains([]string{"labels, weighted", "numbers", "mean with weights"}, name) {
			e.Weights = rampWeights(e.Len())
		}
		h, err := m.Fit(t.Context(), e, BatchSize(2), Epochs(3), Shuffle(false), Verbose(Silent))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, want := range c.History {
			if len(h.Metrics[key]) != len(want) {
				t.Errorf("%s: no figure %s among %v", name, key, h.Metrics)
				continue
			}
			for epoch, v := range want {
				off := math.Abs(h.Metrics[key][epoch]-v) / max(1, math.Abs(v))
				if worst = max(worst, off); !(off <= 1e-5) {
					t.Errorf("%s: %s is %v in epoch %d, Keras has %v", name, key, h.Metrics[key][epoch], epoch+1, v)
				}
			}
		}
	}
	t.Logf("largest difference of a figure: %.2g", worst)
}

// TestClassesThatPassMasksOn compares the list with Keras' classes.
func TestClassesThatPassMasksOn(t *testing.T) {
	var golden goldenMasks
	readGolden(t, "masks.json", &golden)
	if !slices.Equal(passesMasks, golden.Passing) {
		t.Errorf("classes that pass masks on are %q, in Keras %q", passesMasks, golden.Passing)
	}
}

// TestMasksRefused: masks that nothing here makes, and places that take none.
func TestMasksRefused(t *testing.T) {
	if err := Masking(math.NaN()).Apply(Input(3, 2)).Err(); err == nil || !strings.Contains(err.Error(), "got NaN") {
		t.Errorf("a mask of NaN: %v", err)
	}
	if err := Masking(0).Apply(Input(3)).Err(); err == nil || !strings.Contains(err.Error(), "wants sequences") {
		t.Errorf("a mask of vectors: %v", err)
	}
	tensor := func(layer string) map[string]any {
		return map[string]any{"class_name": "__keras_tensor__", "config": map[string]any{"keras_history": []any{layer, 0, 0}}}
	}
	layer := func(module, class, name string, config map[string]any, args []any, byName map[string]any) any {
		config["name"] = name
		call := map[string]any{"args": args, "kwargs": byName}
		return map[string]any{"module": module, "class_name": class, "name": name, "config": config, "inbound_nodes": []any{call}}
	}
	objects := []any{
		map[string]any{"module": "keras.layers", "class_name": "InputLayer", "name": "x", "inbound_nodes": []any{},
			"config": map[string]any{"name": "x", "batch_shape": []any{nil, 3.0, 2.0}}},
		layer("keras.layers", "Masking", "masking", map[string]any{"mask_value": 0.0}, []any{tensor("x")}, map[string]any{}),
		layer("keras.src.ops.numpy", "NotEqual", "not_equal", map[string]any{}, []any{tensor("x"), 0.0}, map[string]any{}),
		layer("keras.src.ops.numpy", "Any", "any", map[string]any{}, []any{tensor("not_equal")}, map[string]any{}),
		layer("keras.layers", "GRU", "gru", map[string]any{"units": 2.0}, []any{tensor("masking")}, map[string]any{"mask": tensor("any")}),
	}
	config := map[string]any{"class_name": "Functional", "config": map[string]any{"name": "m", "layers": objects,
		"input_layers": []any{"x", 0.0, 0.0}, "output_layers": []any{"gru", 0.0, 0.0}}}
	m, err := ModelFromConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.Layers()); n != 3 {
		t.Errorf("%d layers, want 3 without the operations of the mask", n)
	}
	objects[2].(map[string]any)["inbound_nodes"].([]any)[0].(map[string]any)["args"].([]any)[1] = 1.0
	if _, err := ModelFromConfig(config); err == nil || !strings.Contains(err.Error(), `a mask of its own, made by "not_equal"`) {
		t.Errorf("a mask that no layer makes: %v", err)
	}
}
