package kerasfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// LoadOption changes what LoadModel does.
type LoadOption func(*loading)

type loading struct{ shapes map[string]layers.Shape }

// InputShape gives the shape of one example of a model's input. Keras' models may
// leave sizes open, such as the length of texts, shape=(None, 71); here all sizes
// are known, and another size wants the file loaded again, or the layers applied
// to another Input.
//
//	m, err := kerasfile.LoadModel("s2s_model.keras",
//		kerasfile.InputShape("input_layer", 16, 71), kerasfile.InputShape("input_layer_1", 59, 93))
func InputShape(name string, shape ...int) LoadOption {
	return func(l *loading) { l.shapes[name] = shape }
}

// fix sets the shapes of a model's inputs in its configuration.
func (l *loading) fix(config map[string]any) error {
	inputs := inputsOf(config, 0)
	for _, name := range slices.Sorted(maps.Keys(l.shapes)) {
		in, ok := inputs[name]
		if !ok {
			return fmt.Errorf("InputShape: there is no input %q; the model has %q", name, slices.Sorted(maps.Keys(inputs)))
		}
		shape := l.shapes[name]
		if !in.fits(shape) {
			return fmt.Errorf("InputShape: input %q is %s, which %v is not", name, in, shape)
		}
		for i, d := range shape {
			in.axes[1+i] = float64(d)
		}
	}
	var open []string
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if in := inputs[name]; slices.Contains(in.axes[1:], nil) {
			open = append(open, fmt.Sprintf("%q %s", name, in))
		}
	}
	if open != nil {
		return fmt.Errorf("sizes are left open by the inputs %s: give them to LoadModel with InputShape(name, sizes...)",
			strings.Join(open, ", "))
	}
	return nil
}

// openInput is an input's shape in a file, the batch's axis first. Axes of no
// fixed size are nil.
type openInput struct{ axes []any }

func (in openInput) String() string {
	text := make([]string, len(in.axes))
	for i, d := range in.axes {
		if text[i] = "None"; d != nil {
			text[i] = fmt.Sprint(d)
		}
	}
	return "(" + strings.Join(text, ", ") + ")"
}

// fits tells whether a shape has the sizes that are fixed.
func (in openInput) fits(shape layers.Shape) bool {
	if len(shape) != len(in.axes)-1 {
		return false
	}
	for i, d := range in.axes[1:] {
		if d != nil && d != float64(shape[i]) {
			return false
		}
	}
	return true
}

// inputsOf finds the inputs of a model, and of models within it, by name.
func inputsOf(model map[string]any, depth int) map[string]openInput {
	inputs := map[string]openInput{}
	config, _ := model["config"].(map[string]any)
	objects, _ := config["layers"].([]any)
	for i, object := range objects {
		layer, _ := object.(map[string]any)
		config, _ := layer["config"].(map[string]any)
		name, _ := config["name"].(string)
		if layer["class_name"] == "InputLayer" || i == 0 && model["class_name"] == "Sequential" {
			for _, key := range []string{"batch_shape", "batch_input_shape"} { // of Keras 3 and of Keras 2
				if axes, ok := config[key].([]any); ok && len(axes) > 0 {
					inputs[name] = openInput{axes}
				}
			}
		}
		if config["layers"] != nil && depth < 32 {
			maps.Copy(inputs, inputsOf(layer, depth+1))
		}
	}
	return inputs
}
