package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomTranslationLayer moves each image of a training batch by a distance of
// its own. In inference it changes nothing. Images are (None, height, width,
// channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_translation.py)
type RandomTranslationLayer struct {
	Base[*RandomTranslationLayer]
	affine
	height, width span
}

func init() {
	RegisterLayer("RandomTranslation", func(s *Settings) Layer {
		l := RandomTranslation(0, 0).Height(s.Floats("height_factor")...).Width(s.Floats("width_factor")...)
		l.affine = readAffine(s, &l.state)
		return l
	})
}

// RandomTranslation makes the layer. Images move down by a share of their
// height drawn from [-height, height] and to the right by a share of their
// width from [-width, width]; the factors lie in [-1, 1]. Keras' defaults: what
// moves in from outside is the image mirrored at its edge (FillReflect), pixels
// are weighed bilinearly.
func RandomTranslation(height, width float64) *RandomTranslationLayer {
	l := &RandomTranslationLayer{affine: affineDefaults}
	l.Init(l, "RandomTranslation")
	return l.Height(height).Width(width)
}

// Height sets the range of the shares of the height: one number f for [-f, f],
// or two.
func (l *RandomTranslationLayer) Height(factor ...float64) *RandomTranslationLayer {
	l.height = newSpan(&l.state, "height_factor", factor, [2]float64{-1, 1}, bothWays)
	return l
}

// Width sets the range of the shares of the width: one number f for [-f, f], or
// two.
func (l *RandomTranslationLayer) Width(factor ...float64) *RandomTranslationLayer {
	l.width = newSpan(&l.state, "width_factor", factor, [2]float64{-1, 1}, bothWays)
	return l
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *RandomTranslationLayer) Interpolation(i Interpolation) *RandomTranslationLayer {
	l.setInterpolation(&l.state, i)
	return l
}

// Fill sets what lies outside of the image. Default FillReflect.
func (l *RandomTranslationLayer) Fill(f FillMode) *RandomTranslationLayer {
	l.setFill(&l.state, f)
	return l
}

// FillValue fills what lies outside of the image with a value: FillConstant.
func (l *RandomTranslationLayer) FillValue(value float64) *RandomTranslationLayer {
	l.setFillValue(value)
	return l
}

// OutputShape is the input's shape.
func (l *RandomTranslationLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call moves in training.
func (l *RandomTranslationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws how many pixels each image moves, to the right and down.
func (l *RandomTranslationLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	dims := x.Shape().Dimensions
	down := graph.MulScalar(l.height.draw(c, dims[0]), dims[1])
	right := graph.MulScalar(l.width.draw(c, dims[0]), dims[2])
	return []*graph.Node{right, down}
}

func (l *RandomTranslationLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	one, zero := constantLike(drawn[0], 1), constantLike(drawn[0], 0)
	return l.apply(x, xla.Affine{
		A0: one, A1: zero, A2: graph.Neg(drawn[0]),
		B0: zero, B1: one, B2: graph.Neg(drawn[1]),
	})
}

// Config returns Keras' configuration of a RandomTranslation.
func (l *RandomTranslationLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["height_factor"], c["width_factor"] = l.height.asGiven(), l.width.asGiven()
	return c
}
