package layers

import (
	"cmp"
	"fmt"
	"math"
)

// SixViews are those of airbench94 (Jordan 2024): the image as it is and moved by
// a pixel down and to the right, or up and to the left, each also mirrored. The
// image in its place counts half.
func SixViews() []View {
	var views []View
	for _, mirror := range []bool{false, true} {
		views = append(views, View{0, 0, mirror, 0.25}, View{1, 1, mirror, 0.125}, View{-1, -1, mirror, 0.125})
	}
	return views
}

// TestTimeAugmentation returns a model that shows a model of images several views
// of each image, and returns the weighted mean of what the model makes of
// them. The layers and weights are the model's own. Without views it takes
// [SixViews]. A model whose outputs are logits averages logits:
//
//	wise := layers.TestTimeAugmentation(model)
//	rows, err := wise.Predict(ctx, test)
//
// It costs as many predictions as there are views.
func TestTimeAugmentation(m *Model, views ...View) *Model {
	name := cmp.Or(m.Name(), "model") + "_views"
	wrong := func(err error) *Model { return Functional(name, nil, nil).instead(err) }
	if err := m.Ready(); err != nil {
		return wrong(err)
	}
	if len(m.inputs) != 1 || len(m.outputs) != 1 {
		return wrong(fmt.Errorf("TestTimeAugmentation wants a model of 1 input and 1 output, %q has %d and %d",
			m.Name(), len(m.inputs), len(m.outputs)))
	}
	if len(views) == 0 {
		views = SixViews()
	}
	total := 0.0
	for _, v := range views {
		if !(v.Weight > 0) || math.IsInf(v.Weight, 1) {
			return wrong(fmt.Errorf("TestTimeAugmentation wants views of finite weights above 0, got %v", v.Weight))
		}
		total += v.Weight
	}
	image := Input(m.inputs[0].shape...)
	var seen Symbols
	for _, v := range views {
		output := m.Apply(newView(v).Apply(image))
		seen = append(seen, Rescaling(v.Weight/total, 0).DType(m.outputPolicy()).Apply(output))
	}
	return Functional(name, Symbols{image}, Symbols{Add().DType(m.outputPolicy()).Apply(seen...)})
}

// outputPolicy is the policy of the layer that makes the first output.
func (m *Model) outputPolicy() DTypePolicy {
	return cmp.Or(m.outputs[0].node.layer.core().policy, Float32)
}

// instead replaces the error of a model that cannot be.
func (m *Model) instead(err error) *Model {
	m.modelErr = nil
	return m.fail(err)
}
