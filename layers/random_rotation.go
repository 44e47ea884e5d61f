package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomRotationLayer turns each image of a training batch around its center by
// an angle of its own. In inference it changes nothing. Images are (None,
// height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_rotation.py)
type RandomRotationLayer struct {
	Base[*RandomRotationLayer]
	affine
	factor span
}

func init() {
	RegisterLayer("RandomRotation", func(s *Settings) Layer {
		l := RandomRotation(s.Floats("factor")...)
		l.affine = readAffine(s, &l.state)
		return l
	})
}

// RandomRotation makes the layer. The angle is drawn as a share of a full turn:
// from [-factor, factor], or from the range of two numbers, all within [-1, 1].
// A positive angle turns counterclockwise. Keras' defaults: FillReflect,
// Bilinear.
func RandomRotation(factor ...float64) *RandomRotationLayer {
	l := &RandomRotationLayer{affine: affineDefaults}
	l.Init(l, "RandomRotation")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{-1, 1}, bothWays)
	return l
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *RandomRotationLayer) Interpolation(i Interpolation) *RandomRotationLayer {
	l.setInterpolation(&l.state, i)
	return l
}

// Fill sets what lies outside of the image. Default FillReflect.
func (l *RandomRotationLayer) Fill(f FillMode) *RandomRotationLayer {
	l.setFill(&l.state, f)
	return l
}

// FillValue fills what lies outside of the image with a value: FillConstant.
func (l *RandomRotationLayer) FillValue(value float64) *RandomRotationLayer {
	l.setFillValue(value)
	return l
}

// OutputShape is the input's shape.
func (l *RandomRotationLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call turns in training.
func (l *RandomRotationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws each image's angle in degrees.
func (l *RandomRotationLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	return []*graph.Node{graph.MulScalar(l.factor.draw(c, batchOf(x)), 360)}
}

func (l *RandomRotationLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	angle := graph.MulScalar(drawn[0], math.Pi/180)
	cos, sin := graph.Cos(angle), graph.Sin(angle)
	cx, cy := 0.5*float64(dims[2]-1), 0.5*float64(dims[1]-1)
	// what a turn around the origin does to the center is taken back
	offset := func(center float64, x, y *graph.Node) *graph.Node {
		moved := graph.Add(graph.MulScalar(x, cx), graph.MulScalar(y, cy))
		return graph.Sub(constantLike(angle, center), moved)
	}
	return l.apply(x, xla.Affine{
		A0: cos, A1: graph.Neg(sin), A2: offset(cx, cos, graph.Neg(sin)),
		B0: sin, B1: cos, B2: offset(cy, sin, cos),
	})
}

// Config returns Keras' configuration of a RandomRotation.
func (l *RandomRotationLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"] = l.factor.ends()
	return c
}
