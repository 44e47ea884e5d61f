package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gomlx/gomlx/core/graph"
)

// ELULayer is x where x > 0 and alpha*(exp(x)-1) elsewhere; the shape stays.
type ELULayer struct {
	Base[*ELULayer]
	alpha float64
}

// ELU makes the layer. Without a value alpha is Keras' default, 1. ([Elu] is
// the activation function with that value.)
func ELU(alpha ...float64) *ELULayer {
	l := &ELULayer{alpha: 1}
	l.Init(l, "ELU")
	switch {
	case len(alpha) > 1:
		l.Invalid("wants at most one alpha, got %v", alpha)
	case len(alpha) == 1:
		l.alpha = alpha[0]
	}
	if math.IsNaN(l.alpha) || math.IsInf(l.alpha, 0) {
		l.Invalid("alpha must be finite, got %g", l.alpha)
	}
	return l
}

// OutputShape is the input's shape.
func (l *ELULayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call applies the function.
func (l *ELULayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Pointwise(in[0], func(x *graph.Node) *graph.Node { return activations.Elu(x, l.alpha) })
}

// Config returns Keras' configuration of an ELU.
func (l *ELULayer) Config() map[string]any {
	c := l.Base.Config()
	c["alpha"] = l.alpha
	return c
}

func init() {
	RegisterLayer("ELU", func(s *Settings) Layer { return ELU(s.Float("alpha", 1)) })
}
