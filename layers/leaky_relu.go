package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gomlx/gomlx/core/graph"
)

// LeakyReLULayer is x where x > 0 and slope*x elsewhere; the shape stays.
type LeakyReLULayer struct {
	Base[*LeakyReLULayer]
	slope float64
}

// LeakyReLU makes the layer; slope is Keras' negative_slope, at least 0.
// Without a value it is Keras' default, 0.3. The gradient at 0 is slope, as in
// TensorFlow.
func LeakyReLU(slope ...float64) *LeakyReLULayer {
	l := &LeakyReLULayer{slope: 0.3}
	l.Init(l, "LeakyReLU")
	switch {
	case len(slope) > 1:
		l.Invalid("wants at most one slope, got %v", slope)
	case len(slope) == 1:
		l.slope = slope[0]
	}
	if !(l.slope >= 0) || math.IsInf(l.slope, 0) {
		l.Invalid("slope must be at least 0 and finite, got %g", l.slope)
	}
	return l
}

// OutputShape is the input's shape.
func (l *LeakyReLULayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call applies the function.
func (l *LeakyReLULayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Pointwise(in[0], func(x *graph.Node) *graph.Node { return activations.LeakyReLU(x, l.slope) })
}

// Config returns Keras' configuration of a LeakyReLU.
func (l *LeakyReLULayer) Config() map[string]any {
	c := l.Base.Config()
	c["negative_slope"] = l.slope
	return c
}
