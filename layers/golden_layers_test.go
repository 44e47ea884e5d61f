package layers

import (
	"reflect"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

func TestLayersEqualKeras(t *testing.T) {
	var cases []struct {
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
	}
	readGolden(t, "layers.json", &cases)
	if len(cases) < 70 {
		t.Fatalf("only %d cases", len(cases))
	}
	outputs, gradients, statistics := 0.0, 0.0, 0.0
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			layer, err := FromConfig(c.Class, c.Config)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := asJSON(t, layer.Config()), c.Config; !reflect.DeepEqual(got, want) {
				t.Errorf("configuration:\n got %v\nwant %v", got, want)
			}
			var in []Symbol
			var xs []*tensors.Tensor
			for _, x := range c.Inputs {
				in = append(in, Input(x.Shape[1:]...))
				xs = append(xs, x.tensor(t))
			}
			y := layer.Apply(in...)
			m := Functional("", in, Symbols{y})
			if m.Err() != nil {
				t.Fatal(m.Err())
			}
			if !y.Shape().Equal(Shape(c.Output.Shape[1:])) {
				t.Errorf("OutputShape says %v, Keras %v", y.Shape(), c.Output.Shape)
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
			got := pass(t, m, c.Training, xs, []*tensors.Tensor{c.Upstream.tensor(t)})
			outputs = max(outputs, checkClose(t, "output", got.outputs[0], c.Output))
			for i, g := range got.inputGrads {
				gradients = max(gradients, checkClose(t, "gradient of the input", g, c.InputGrads[i]))
			}
			if len(got.weightGrads) != len(c.WeightGrads) {
				t.Fatalf("%d trainable variables, Keras has %d", len(got.weightGrads), len(c.WeightGrads))
			}
			for i, g := range got.weightGrads {
				gradients = max(gradients, checkClose(t, "gradient of "+m.TrainableVariables()[i].Name, g, c.WeightGrads[i]))
			}
			for i, v := range variables {
				after := v.Value
				if u := got.updates[v]; u != nil {
					after = u
				}
				statistics = max(statistics, checkClose(t, v.Name+" after the step", after, c.WeightsAfter[i]))
			}
		})
	}
	t.Logf("%d layers, largest differences relative to the largest value: outputs %.2g, gradients %.2g, variables after a step %.2g",
		len(cases), outputs, gradients, statistics)
}
