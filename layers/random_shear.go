package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomShearLayer slants each image of a training batch by factors of its own.
// In inference it changes nothing. Images are (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_shear.py)
type RandomShearLayer struct {
	Base[*RandomShearLayer]
	affine
	x, y span
}

func init() {
	RegisterLayer("RandomShear", func(s *Settings) Layer {
		l := RandomShear(0, 0).X(s.Floats("x_factor", 0)...).Y(s.Floats("y_factor", 0)...)
		l.affine = readAffine(s, &l.state)
		return l
	})
}

// RandomShear makes the layer: each row moves by its number times a factor
// drawn from [-x, x], each column by its number times one from [-y, y]. x and y
// lie in [0, 1]. Keras' defaults: FillReflect, Bilinear.
func RandomShear(x, y float64) *RandomShearLayer {
	l := &RandomShearLayer{affine: affineDefaults}
	l.Init(l, "RandomShear")
	return l.X(x).Y(y)
}

// X sets the range of the rows' factors: one number f for [-f, f], or two. The
// sign of both factors is drawn too, one for both.
func (l *RandomShearLayer) X(factor ...float64) *RandomShearLayer {
	l.x = shearSpan(&l.state, "x_factor", factor)
	return l
}

// Y sets the range of the columns' factors, as X does.
func (l *RandomShearLayer) Y(factor ...float64) *RandomShearLayer {
	l.y = shearSpan(&l.state, "y_factor", factor)
	return l
}

// shearSpan takes one number of [0, 1], or two of [-1, 1]: Keras writes the two
// ends into its files, [-0.3, 0.3], though its own constructor refuses them.
func shearSpan(l *state, name string, factor []float64) span {
	bounds := [2]float64{0, 1}
	if len(factor) == 2 {
		bounds[0] = -1
	}
	return newSpan(l, name, factor, bounds, bothWays)
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *RandomShearLayer) Interpolation(i Interpolation) *RandomShearLayer {
	l.setInterpolation(&l.state, i)
	return l
}

// Fill sets what lies outside of the image. Default FillReflect.
func (l *RandomShearLayer) Fill(f FillMode) *RandomShearLayer {
	l.setFill(&l.state, f)
	return l
}

// FillValue fills what lies outside of the image with a value: FillConstant.
func (l *RandomShearLayer) FillValue(value float64) *RandomShearLayer {
	l.setFillValue(value)
	return l
}

// OutputShape is the input's shape.
func (l *RandomShearLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call slants in training.
func (l *RandomShearLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws the factors of the rows and of the columns.
func (l *RandomShearLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	n := batchOf(x)
	sign := randomSign(c, n)
	return []*graph.Node{graph.Mul(l.x.draw(c, n), sign), graph.Mul(l.y.draw(c, n), sign)}
}

// randomSign draws 1 or -1.
func randomSign(c *Pass, n int) *graph.Node {
	u := c.Uniform(0, 1, n)
	return graph.Where(graph.GreaterThan(u, constantLike(u, 0.5)), constantLike(u, -1), constantLike(u, 1))
}

func (l *RandomShearLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	one, zero := constantLike(drawn[0], 1), constantLike(drawn[0], 0)
	return l.apply(x, xla.Affine{A0: one, A1: drawn[0], A2: zero, B0: drawn[1], B1: one, B2: zero})
}

// Config returns Keras' configuration of a RandomShear.
func (l *RandomShearLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["x_factor"], c["y_factor"] = l.x.ends(), l.y.ends()
	return c
}
