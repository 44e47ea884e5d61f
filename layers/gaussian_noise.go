package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// GaussianNoiseLayer adds normally distributed numbers while training;
// otherwise it changes nothing. The shape stays.
type GaussianNoiseLayer struct {
	Base[*GaussianNoiseLayer]
	stddev float64
	seed   any // of Keras' files; here the run's seed counts
}

// GaussianNoise makes the layer; the noise has mean 0 and the given standard
// deviation, in [0, 1].
func GaussianNoise(stddev float64) *GaussianNoiseLayer {
	l := &GaussianNoiseLayer{stddev: stddev}
	l.Init(l, "GaussianNoise")
	if !(stddev >= 0 && stddev <= 1) {
		l.Invalid("standard deviation must be between 0 and 1, got %g", stddev)
	}
	return l
}

// OutputShape is the input's shape.
func (l *GaussianNoiseLayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call adds noise in training.
func (l *GaussianNoiseLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	if !c.Training || l.stddev == 0 {
		return x
	}
	noise := graph.MulScalar(c.Normal(x.Shape().Dimensions...), l.stddev)
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node { return graph.Add(x, noise) })
}

// Config returns Keras' configuration of a GaussianNoise.
func (l *GaussianNoiseLayer) Config() map[string]any {
	c := l.Base.Config()
	c["stddev"], c["seed"] = l.stddev, l.seed
	return c
}

// GaussianDropoutLayer multiplies by normally distributed numbers while
// training; otherwise it changes nothing. The shape stays.
type GaussianDropoutLayer struct {
	Base[*GaussianDropoutLayer]
	rate float64
	seed any // of Keras' files; here the run's seed counts
}

// GaussianDropout makes the layer; the numbers have mean 1 and standard
// deviation sqrt(rate/(1-rate)), as those of a Dropout with that rate, in
// [0, 1) (Srivastava et al., 2014).
func GaussianDropout(rate float64) *GaussianDropoutLayer {
	l := &GaussianDropoutLayer{rate: rate}
	l.Init(l, "GaussianDropout")
	if !(rate >= 0 && rate < 1) {
		l.Invalid("rate must be at least 0 and below 1, got %g", rate)
	}
	return l
}

// OutputShape is the input's shape.
func (l *GaussianDropoutLayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call multiplies by noise in training.
func (l *GaussianDropoutLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	if !c.Training || l.rate == 0 {
		return x
	}
	noise := graph.MulScalar(c.Normal(x.Shape().Dimensions...), math.Sqrt(l.rate/(1-l.rate)))
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.AddScalar(noise, 1.0)) })
}

// Config returns Keras' configuration of a GaussianDropout.
func (l *GaussianDropoutLayer) Config() map[string]any {
	c := l.Base.Config()
	c["rate"], c["seed"] = l.rate, l.seed
	return c
}

func init() {
	RegisterLayer("GaussianNoise", func(s *Settings) Layer {
		l := GaussianNoise(s.Float("stddev", -1))
		l.seed = s.seed()
		return l
	})
	RegisterLayer("GaussianDropout", func(s *Settings) Layer {
		l := GaussianDropout(s.Float("rate", -1))
		l.seed = s.seed()
		return l
	})
}
