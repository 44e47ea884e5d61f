package layers

import (
	"errors"
	"fmt"
	"slices"
)

// Sequential makes a model of a stack of layers, each reading the result of
// the one before:
//
//	m := layers.Sequential("model_1",
//		layers.Input(32, 32, 3),
//		layers.Conv2D(16, 3).Padding(layers.Same),
//		layers.LeakyReLU(0.1),
//		layers.Flatten(),
//		layers.Dense(10).Activation(layers.Softmax),
//	)
//
// An empty name means "sequential". Without an Input as the first layer (or a
// built model, whose input it takes) the model is built when data shows its
// shape: see [Model.BuildFor].
func Sequential(name string, stack ...Layer) *Model {
	m := newModel("Sequential", name)
	m.stack = slices.Clone(stack)
	if m.stack == nil {
		m.stack = []Layer{}
	}
	if err := checkStack(stack); err != nil {
		return m.fail(err)
	}
	switch first := stack[0].(type) {
	case *InputLayer:
		return m.fail(m.buildStack(first.shape))
	case *Model:
		if len(first.inputs) == 1 {
			return m.fail(m.buildStack(first.inputs[0].shape))
		}
	}
	return m.fail(nameLayers(m.stack))
}

func newModel(class, name string) *Model {
	m := &Model{}
	m.Init(m, class)
	if name == "" {
		name = SnakeCase(class)
	}
	m.Named(name)
	m.fail(m.state.err)
	return m
}

func checkStack(stack []Layer) error {
	if len(stack) == 0 {
		return errors.New("a Sequential model needs at least 1 layer")
	}
	seen := map[Layer]bool{}
	for i, l := range stack {
		switch {
		case l == nil:
			return fmt.Errorf("layer %d is nil", i)
		case isInput(l) && i > 0:
			return fmt.Errorf("layers.Input must be the first layer, found it at %d", i)
		case seen[l]:
			return fmt.Errorf("layer %d, %s, is in the stack already: use Functional to share a layer", i, describe(l))
		}
		seen[l] = true
	}
	return nil
}

// BuildFor builds a Sequential model for examples of the given shape. A model
// that is built already must have that shape.
func (m *Model) BuildFor(shape Shape) error {
	if m.modelErr != nil {
		return m.modelErr
	}
	if m.topology == nil {
		return m.fail(m.buildStack(shape)).modelErr
	}
	if len(m.inputs) != 1 || !m.inputs[0].shape.Equal(shape) {
		return fmt.Errorf("layers: model %q wants examples of shape %v, got %v", m.name, m.inputs[0].shape, shape)
	}
	return nil
}

// buildStack applies the layers one after the other.
func (m *Model) buildStack(shape Shape) error {
	in, ok := m.stack[0].(*InputLayer)
	rest := m.stack
	if ok {
		rest = m.stack[1:]
	} else {
		in = Input(shape...)
		in.serial = 0 // named before all others, as Keras does
	}
	if err := nameLayers(slices.Concat([]Layer{in}, rest)); err != nil {
		return err
	}
	t := in.Tensor()
	for _, l := range rest {
		if t = l.Apply(t); len(t.node.outputs) > 1 {
			return fmt.Errorf("layer %s has %d results: use Functional, since each layer of a Sequential model "+
				"reads the one result of the layer before", describe(l), len(t.node.outputs))
		}
	}
	return m.connect([]*Tensor{in.Tensor()}, []*Tensor{t})
}
