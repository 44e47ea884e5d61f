package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gomlx/gomlx/core/graph"
)

// ReLULayer is max(x, 0), with Keras' three knobs; the shape stays.
type ReLULayer struct {
	Base[*ReLULayer]
	maxValue, slope, threshold float64 // maxValue +Inf: no limit
}

// ReLU makes the layer. The gradient at 0 is 0, as in TensorFlow.
//
//	y = maxValue             if x >= maxValue
//	    x                    if x > threshold
//	    slope*(x-threshold)  otherwise
func ReLU() *ReLULayer {
	l := &ReLULayer{maxValue: math.Inf(1)}
	l.Init(l, "ReLU")
	return l
}

// MaxValue sets the largest result, at least 0. Default: no limit.
func (l *ReLULayer) MaxValue(v float64) *ReLULayer {
	if !(v >= 0) {
		l.Invalid("max value must be at least 0, got %g", v)
	}
	l.maxValue = v
	return l
}

// NegativeSlope sets the slope below the threshold, at least 0. Default 0.
func (l *ReLULayer) NegativeSlope(v float64) *ReLULayer {
	if !(v >= 0) || math.IsInf(v, 0) {
		l.Invalid("negative slope must be at least 0 and finite, got %g", v)
	}
	l.slope = v
	return l
}

// Threshold sets where the slope ends, at least 0. Default 0.
func (l *ReLULayer) Threshold(v float64) *ReLULayer {
	if !(v >= 0) || math.IsInf(v, 0) {
		l.Invalid("threshold must be at least 0 and finite, got %g", v)
	}
	l.threshold = v
	return l
}

// OutputShape is the input's shape.
func (l *ReLULayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call applies the function.
func (l *ReLULayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Pointwise(in[0], l.rectify)
}

func (l *ReLULayer) rectify(x *graph.Node) *graph.Node {
	return activations.Rectify(x, l.slope, l.maxValue, l.threshold)
}

// Config returns Keras' configuration of a ReLU.
func (l *ReLULayer) Config() map[string]any {
	c := l.Base.Config()
	c["max_value"], c["negative_slope"], c["threshold"] = nil, l.slope, l.threshold
	if !math.IsInf(l.maxValue, 1) {
		c["max_value"] = l.maxValue
	}
	return c
}
