package layers

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// goldenLayer is one case of a file of layers, as layer_case of
// testdata/make_golden.py writes it.
type goldenLayer struct {
	Name, Class  string
	Config       map[string]any
	Training     bool
	Inputs       []goldenArray
	Weights      []goldenArray
	Upstream     goldenArray
	Output       goldenArray
	InputGrads   []goldenArray `json:"input_grads"`
	WeightGrads  []goldenArray `json:"weight_grads"`
	WeightsAfter []goldenArray `json:"weights_after"`
	Tolerance    float64       // 0 is 1e-5
	Floor        float64       // 0 is 1e-3; see layer_case
}

// goldenDifferences are the largest differences from Keras that a case showed,
// relative to the largest value of the array.
type goldenDifferences struct{ outputs, gradients, statistics float64 }

func (d *goldenDifferences) add(other goldenDifferences) {
	d.outputs = max(d.outputs, other.outputs)
	d.gradients = max(d.gradients, other.gradients)
	d.statistics = max(d.statistics, other.statistics)
}

// TestLayersEqualKeras compares the cases of layers.json and of the families'
// files layers_*.json.
func TestLayersEqualKeras(t *testing.T) {
	families, err := filepath.Glob("testdata/layers*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range families {
		family := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(family, func(t *testing.T) {
			var cases []goldenLayer
			readGolden(t, filepath.Base(file), &cases)
			if len(cases) < 2 || family == "layers" && len(cases) < 70 {
				t.Fatalf("only %d cases", len(cases))
			}
			var narrow, wide goldenDifferences
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) {
					if c.Tolerance > 1e-5 {
						narrow.add(c.compare(t))
					} else {
						wide.add(c.compare(t))
					}
				})
			}
			const text = "%s, largest differences relative to the largest value: " +
				"outputs %.2g, gradients %.2g, variables after a step %.2g"
			t.Logf("%d cases; those within 1e-5"+text, len(cases), "", wide.outputs, wide.gradients, wide.statistics)
			if narrow != (goldenDifferences{}) {
				t.Logf(text, "those with a tolerance of their own", narrow.outputs, narrow.gradients, narrow.statistics)
			}
		})
	}
}

// model is the layer alone in a model, or the model that the case is about.
func (c goldenLayer) model(t *testing.T) *Model {
	t.Helper()
	if c.Config["layers"] != nil && c.Class != "Pipeline" {
		m, err := ModelFromConfig(map[string]any{"class_name": c.Class, "config": c.Config})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	layer, err := FromConfig(c.Class, c.Config)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := asJSON(t, layer.Config()), c.Config; !reflect.DeepEqual(got, want) {
		t.Errorf("configuration: %s\n got %v\nwant %v", firstDifference("", got, want), got, want)
	}
	var in []Symbol
	for _, x := range c.Inputs {
		in = append(in, Input(x.Shape[1:]...))
	}
	m := Functional("", in, Symbols{layer.Apply(in...)})
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	return m
}

// compare makes the layer from Keras' configuration and compares what it
// computes with what Keras did.
func (c goldenLayer) compare(t *testing.T) (d goldenDifferences) {
	m := c.model(t)
	var xs []*tensors.Tensor
	for _, x := range c.Inputs {
		xs = append(xs, x.tensor(t))
	}
	if got := m.Outputs()[0].Shape(); !got.Equal(Shape(c.Output.Shape[1:])) {
		t.Errorf("OutputShape says %v, Keras %v", got, c.Output.Shape)
	}
	variables := m.Variables()
	if len(variables) != len(c.Weights) {
		t.Fatalf("%d variables, Keras has %d", len(variables), len(c.Weights))
	}
	for i, v := range variables {
		if err := v.Set(c.Weights[i].tensor(t)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, got *tensors.Tensor, want goldenArray) float64 {
		return checkAbove(t, what, got, want, max(1e-5, c.Tolerance), max(1e-3, c.Floor))
	}
	got := pass(t, m, c.Training, xs, []*tensors.Tensor{c.Upstream.tensor(t)})
	d.outputs = check("output", got.outputs[0], c.Output)
	for i, g := range got.inputGrads {
		d.gradients = max(d.gradients, check("gradient of the input", g, c.InputGrads[i]))
	}
	if len(got.weightGrads) != len(c.WeightGrads) {
		t.Fatalf("%d trainable variables, Keras has %d", len(got.weightGrads), len(c.WeightGrads))
	}
	for i, g := range got.weightGrads {
		name := "gradient of " + m.TrainableVariables()[i].Name
		d.gradients = max(d.gradients, check(name, g, c.WeightGrads[i]))
	}
	for i, v := range variables {
		after := v.Value
		if u := got.updates[v]; u != nil {
			after = u
		}
		d.statistics = max(d.statistics, check(v.Name+" after the step", after, c.WeightsAfter[i]))
	}
	return d
}
