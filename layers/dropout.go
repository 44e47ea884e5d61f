package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// DropoutLayer sets values to 0 at random while training and scales the rest
// by 1/(1-rate), so that the expected sum stays; otherwise it changes nothing.
// The shape stays.
type DropoutLayer struct {
	Base[*DropoutLayer]
	rate float64
}

// Dropout makes the layer; rate in [0, 1] is the share of values dropped.
// With rate 1 the result is all zeros, as in Keras.
func Dropout(rate float64) *DropoutLayer {
	l := &DropoutLayer{rate: rate}
	l.Init(l, "Dropout")
	if !(rate >= 0 && rate <= 1) {
		l.Invalid("rate must be between 0 and 1, got %g", rate)
	}
	return l
}

// OutputShape is the input's shape.
func (l *DropoutLayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call drops in training.
func (l *DropoutLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	if !c.Training || l.rate == 0 {
		return x
	}
	limit := uint64(math.Round(l.rate * (1 << 32))) // values below it are dropped
	if limit > math.MaxUint32 {
		return graph.ZerosLike(x)
	}
	bits := c.Bits(x.Shape().Dimensions...)
	keep := graph.GreaterOrEqual(bits, graph.Scalar(c.Graph, dtypes.Uint32, uint32(limit)))
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node {
		return xla.Materialize(graph.Where(keep, graph.MulScalar(x, 1/(1-l.rate)), graph.ZerosLike(x)))
	})
}

// Config returns Keras' configuration of a Dropout.
func (l *DropoutLayer) Config() map[string]any {
	c := l.Base.Config()
	c["rate"], c["seed"], c["noise_shape"] = l.rate, nil, nil
	return c
}
