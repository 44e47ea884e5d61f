package layers

import (
	"fmt"
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
	rate  float64
	noise noiseShape
	seed  any // of Keras' files; here the run's seed counts
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

// NoiseShape sets along which axes values are dropped together: those of size
// 1. 0 is Keras' None, a value's own axis. The batch axis comes first: 0, 1, 1,
// 0 drops whole channels of images, 0, 1, 1, 1 whole examples. Default: every
// value is dropped by itself.
func (l *DropoutLayer) NoiseShape(dimensions ...int) *DropoutLayer {
	l.noise = dimensions
	return l
}

// OutputShape is the input's shape.
func (l *DropoutLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err == nil {
		err = l.noise.check(s)
	}
	return s, err
}

// Call drops in training.
func (l *DropoutLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	if !c.Training || l.rate == 0 {
		return in[0]
	}
	return c.drop(in[0], l.rate, l.noise)
}

// drop is the computation of dropouts: zeros for a share of the values, the
// rest scaled up.
func (c *Pass) drop(x *graph.Node, rate float64, noise noiseShape) *graph.Node {
	if rate == 1 {
		return graph.ZerosLike(x)
	}
	keep := c.keep(x, rate, noise)
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node {
		return xla.Materialize(graph.Where(keep, graph.MulScalar(x, 1/(1-rate)), graph.ZerosLike(x)))
	})
}

// keep draws which values of x stay; rate is below 1.
func (c *Pass) keep(x *graph.Node, rate float64, noise noiseShape) *graph.Node {
	limit := min(uint64(math.Round(rate*(1<<32))), math.MaxUint32) // values below it are dropped
	bits := c.Bits(noise.of(x)...)
	keep := graph.GreaterOrEqual(bits, graph.Scalar(c.Graph, dtypes.Uint32, uint32(limit)))
	if noise == nil {
		return keep
	}
	return graph.BroadcastToDims(keep, x.Shape().Dimensions...)
}

// noiseShape is Keras' noise_shape, with 0 for None; nil is the shape of the
// values.
type noiseShape []int

// check wants a size for each axis that is the axis' own, 0 or 1.
func (n noiseShape) check(s Shape) error {
	if n == nil {
		return nil
	}
	wrong := len(n) != 1+len(s) || n[0] != 0 && n[0] != 1
	for i := 1; !wrong && i < len(n); i++ {
		wrong = n[i] != 0 && n[i] != 1 && n[i] != s[i-1]
	}
	if wrong {
		return fmt.Errorf("noise shape wants for each axis of %v, the batch axis first, 0, 1 or the axis' size, got %v",
			s, []int(n))
	}
	return nil
}

// of is the shape for an input.
func (n noiseShape) of(x *graph.Node) []int {
	dimensions := append([]int(nil), x.Shape().Dimensions...)
	for i, d := range n {
		if d == 1 {
			dimensions[i] = 1
		}
	}
	return dimensions
}

// config is Keras' form.
func (n noiseShape) config() any {
	if n == nil {
		return nil
	}
	list := make([]any, len(n))
	for i, d := range n {
		if d != 0 {
			list[i] = d
		}
	}
	return list
}

// noiseShape reads it.
func (s *Settings) noiseShape() noiseShape {
	v := s.Take("noise_shape")
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		s.Fail("noise_shape wants a list of sizes, got %v", v)
	}
	n := noiseShape{}
	for _, d := range list {
		size, ok := d.(float64)
		if d != nil && (!ok || size < 1) {
			s.Fail("noise_shape wants sizes from 1 on, or null, got %v", v)
		}
		n = append(n, s.wholeNumber("noise_shape", size))
	}
	return n
}

// Config returns Keras' configuration of a Dropout.
func (l *DropoutLayer) Config() map[string]any {
	c := l.Base.Config()
	c["rate"], c["seed"], c["noise_shape"] = l.rate, l.seed, l.noise.config()
	return c
}

func init() {
	RegisterLayer("Dropout", func(s *Settings) Layer {
		l := Dropout(s.Float("rate", -1))
		l.noise, l.seed = s.noiseShape(), s.seed()
		return l
	})
}
