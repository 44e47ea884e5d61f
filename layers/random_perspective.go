package layers

import (
	"fmt"
	"math"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomPerspectiveLayer shows some images of a training batch, by chance, as if
// seen from the side: their corners move, each image's by numbers of its own. In
// inference it changes nothing. Images are (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_perspective.py)
type RandomPerspectiveLayer struct {
	Base[*RandomPerspectiveLayer]
	augmentation
	factor        span
	scale         float64
	interpolation Interpolation
	fillValue     float64
}

func init() {
	RegisterLayer("RandomPerspective", func(s *Settings) Layer {
		l := RandomPerspective(s.Floats("factor", 1)...).
			Scale(s.Float("scale", 1)).
			Interpolation(Interpolation(s.String("interpolation", string(Bilinear)))).
			FillValue(s.Float("fill_value", 0))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomPerspective makes the layer. The probability is itself drawn for each
// image, from [0, factor] or from the range of two numbers, within [0, 1];
// Keras' default is 1. Keras' other defaults: a scale of 1, Bilinear, and 0 for
// what lies outside of the image.
func RandomPerspective(factor ...float64) *RandomPerspectiveLayer {
	l := &RandomPerspectiveLayer{scale: 1, interpolation: Bilinear}
	l.Init(l, "RandomPerspective")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l
}

// Scale sets how far corners move, within [0, 1]: a corner's place, counted from
// the upper left one, is multiplied by a number drawn from [1-scale/2,
// 1+scale/2], across and down by itself. The upper left corner stays.
func (l *RandomPerspectiveLayer) Scale(scale float64) *RandomPerspectiveLayer {
	if !(scale >= 0 && scale <= 1) {
		l.Invalid("scale wants a number in [0, 1], got %g", scale)
	}
	l.scale = scale
	return l
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *RandomPerspectiveLayer) Interpolation(i Interpolation) *RandomPerspectiveLayer {
	l.interpolation = twoWays(&l.state, i)
	return l
}

// FillValue sets the value of what lies outside of the image. Default 0.
func (l *RandomPerspectiveLayer) FillValue(value float64) *RandomPerspectiveLayer {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		l.Invalid("fill_value wants a finite number, got %g", value)
	}
	l.fillValue = value
	return l
}

// OutputShape is the input's shape. A line of pixels has no four corners.
func (l *RandomPerspectiveLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := sameImage(in)
	if err == nil && min(s[0], s[1]) < 2 {
		return nil, fmt.Errorf("wants images of at least 2 x 2 pixels, got %v", s)
	}
	return s, err
}

// Call changes the perspective in training.
func (l *RandomPerspectiveLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws which images change, how far to the right the upper right corner
// lies then, how far down the lower left one, and both of the lower right one.
func (l *RandomPerspectiveLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	dims := x.Shape().Dimensions
	moved := func(length int) *graph.Node {
		return graph.MulScalar(c.Uniform(1-l.scale/2, 1+l.scale/2, dims[0]), float64(length-1))
	}
	return []*graph.Node{l.factor.oneOf(c, dims[0]), moved(dims[2]), moved(dims[1]), moved(dims[2]), moved(dims[1])}
}

// transform reads pixel (x, y) at (a x, b y) / (c0 x + c1 y + 1). As the upper
// left corner stays and its neighbors move along their edges alone, the eight
// equations of the corners have this short solution.
func (l *RandomPerspectiveLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	right, bottom, cornerX, cornerY := drawn[1], drawn[2], drawn[3], drawn[4]
	ratio := func(a, b, by *graph.Node) *graph.Node { return graph.Div(graph.AddScalar(graph.Div(a, b), -1), by) }
	c0, c1 := ratio(cornerY, bottom, cornerX), ratio(cornerX, right, cornerY)
	scaled := func(c, end *graph.Node, length int) *graph.Node {
		return graph.MulScalar(graph.Add(c, graph.Reciprocal(end)), float64(length-1))
	}
	zero := graph.ZerosLike(c0)
	warp := xla.Warp{Nearest: l.interpolation == Nearest, Fill: string(FillConstant), Value: l.fillValue}
	seen := warp.Projective(x, xla.Affine{
		A0: scaled(c0, right, dims[2]), A1: zero, A2: zero,
		B0: zero, B1: scaled(c1, bottom, dims[1]), B2: zero,
	}, c0, c1)
	return imagesWhere(drawn[0], seen, x)
}

// Config returns Keras' configuration of a RandomPerspective.
func (l *RandomPerspectiveLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["scale"] = l.factor.ends(), l.scale
	c["interpolation"], c["fill_value"] = string(l.interpolation), l.fillValue
	return c
}
