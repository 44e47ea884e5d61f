package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// DenseLayer is a fully connected layer: (None, …, in) to (None, …, units).
// Variables: kernel (in, units) and, unless WithoutBias, bias (units).
type DenseLayer struct {
	kernelAndBias[*DenseLayer]
	units int
}

// Dense makes a layer of the given number of units, at least 1:
//
//	y = activation(x kernel + bias)
//
// Keras' defaults: no activation, a bias, kernel from GlorotUniform, bias from
// Zeros.
func Dense(units int) *DenseLayer {
	l := &DenseLayer{units: units}
	l.init(l, "Dense")
	if units < 1 {
		l.Invalid("units must be at least 1, got %d", units)
	}
	return l
}

// OutputShape replaces the last dimension by the number of units.
func (l *DenseLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(s) < 1 {
		return nil, fmt.Errorf("wants at least one axis beside the batch, got %v", s)
	}
	last := s[len(s)-1]
	if l.shared.kernelWeight != nil && l.shared.kernelWeight.Shape[0] != last {
		return nil, fmt.Errorf("was built for %d values on the last axis, got %d", l.shared.kernelWeight.Shape[0], last)
	}
	out := s.Clone()
	out[len(out)-1] = l.units
	return l.shared.activation.OutputShape(out)
}

// Build creates kernel and bias.
func (l *DenseLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	l.shared.create(&l.state, Shape{in[0][len(in[0])-1], l.units}, l.units)
	return nil
}

// Call multiplies by the kernel, adds the bias and applies the activation.
func (l *DenseLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return l.shared.finish(c, xla.Product(in[0], c.Value(l.shared.kernelWeight)))
}

// Config returns Keras' configuration of a Dense layer.
func (l *DenseLayer) Config() map[string]any {
	c := l.shared.config(&l.state)
	c["units"] = l.units
	c["quantization_config"] = nil
	return c
}
