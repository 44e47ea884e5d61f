package transfer

import (
	"fmt"
	"math"

	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// stochasticDepth is a layer of Keras' ConvNeXt: while training it drops the
// whole of an example's maps at random and scales the rest by 1/(1-rate). None
// of the architectures of keras.applications has it, but models that were
// built with Keras' drop_path_rate do. (keras/src/applications/convnext.py,
// StochasticDepth)
type stochasticDepth struct {
	layers.Base[*stochasticDepth]
	rate float64
}

func newStochasticDepth(rate float64) *stochasticDepth {
	l := &stochasticDepth{rate: rate}
	l.Init(l, "StochasticDepth")
	if !(rate >= 0 && rate < 1) {
		l.Invalid("drop_path_rate must be at least 0 and less than 1, got %g", rate)
	}
	return l
}

func init() {
	layers.RegisterLayer("StochasticDepth", func(s *layers.Settings) layers.Layer {
		return newStochasticDepth(s.Float("drop_path_rate", -1))
	})
}

// KerasModule is where Keras keeps the class.
func (l *stochasticDepth) KerasModule() string { return convNeXtModule }

// OutputShape is the input's shape.
func (l *stochasticDepth) OutputShape(in []layers.Shape) (layers.Shape, error) {
	return withChannels(in, 0)
}

// Call drops in training.
func (l *stochasticDepth) Call(c *layers.Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	if !c.Training || l.rate == 0 {
		return x
	}
	one := make([]int, x.Rank())
	for i := range one {
		one[i] = 1
	}
	one[0] = x.Shape().Dimensions[0]
	limit := uint32(min(math.Round(l.rate*(1<<32)), math.MaxUint32)) // values below it are dropped
	keep := graph.GreaterOrEqual(c.Bits(one...), graph.Scalar(c.Graph, dtypes.Uint32, limit))
	return graph.Mul(graph.MulScalar(x, 1/(1-l.rate)), graph.ConvertDType(keep, x.DType()))
}

// Config returns Keras' configuration of a StochasticDepth.
func (l *stochasticDepth) Config() map[string]any {
	c := l.Base.Config()
	c["drop_path_rate"] = l.rate
	return c
}

// withChannels returns the shape of the only input, whose last axis must have
// so many channels; 0 is any number.
func withChannels(in []layers.Shape, channels int) (layers.Shape, error) {
	if len(in) != 1 || len(in[0]) == 0 {
		return nil, fmt.Errorf("wants one input with channels, got %v", in)
	}
	if got := in[0][len(in[0])-1]; channels != 0 && got != channels {
		return nil, fmt.Errorf("wants an input of %d channels, got %v", channels, in[0])
	}
	return in[0], nil
}
