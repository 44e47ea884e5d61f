package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// AlphaDropoutLayer is a dropout for networks of Selu: while training it sets
// values to the smallest one that Selu has, and scales and shifts all so that
// mean and variance stay; otherwise it changes nothing. The shape stays.
type AlphaDropoutLayer struct {
	Base[*AlphaDropoutLayer]
	rate  float64
	noise noiseShape
	seed  any // of Keras' files; here the run's seed counts
}

// AlphaDropout makes the layer (Klambauer et al., 2017, arXiv:1706.02515); rate
// in [0, 1) is the share of values dropped.
func AlphaDropout(rate float64) *AlphaDropoutLayer {
	l := &AlphaDropoutLayer{rate: rate}
	l.Init(l, "AlphaDropout")
	if !(rate >= 0 && rate < 1) {
		l.Invalid("rate must be at least 0 and below 1, got %g", rate)
	}
	return l
}

// NoiseShape is that of [Dropout].
func (l *AlphaDropoutLayer) NoiseShape(dimensions ...int) *AlphaDropoutLayer {
	l.noise = dimensions
	return l
}

// OutputShape is the input's shape.
func (l *AlphaDropoutLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err == nil {
		err = l.noise.check(s)
	}
	return s, err
}

// Call drops in training.
func (l *AlphaDropoutLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	if !c.Training || l.rate == 0 {
		return x
	}
	const smallest = -activations.SeluAlpha * activations.SeluScale
	factor := 1 / math.Sqrt((1-l.rate)*(1+l.rate*smallest*smallest))
	keep := c.keep(x, l.rate, l.noise)
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node {
		dropped := graph.BroadcastToShape(graph.Scalar(x.Graph(), x.DType(), smallest), x.Shape())
		y := graph.MulScalar(graph.Where(keep, x, dropped), factor)
		return graph.AddScalar(y, -factor*smallest*l.rate)
	})
}

// Config returns Keras' configuration of an AlphaDropout.
func (l *AlphaDropoutLayer) Config() map[string]any {
	c := l.Base.Config()
	c["rate"], c["seed"], c["noise_shape"] = l.rate, l.seed, l.noise.config()
	return c
}

func init() {
	RegisterLayer("AlphaDropout", func(s *Settings) Layer {
		l := AlphaDropout(s.Float("rate", -1))
		l.noise, l.seed = s.noiseShape(), s.seed()
		return l
	})
}
