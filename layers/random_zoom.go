package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomZoomLayer enlarges or shrinks each image of a training batch by a
// factor of its own; the size stays. In inference it changes nothing. Images
// are (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_zoom.py)
type RandomZoomLayer struct {
	Base[*RandomZoomLayer]
	affine
	height span
	width  *span // nil: the same factor as the height's
}

func init() {
	RegisterLayer("RandomZoom", func(s *Settings) Layer {
		l := RandomZoom(s.Floats("height_factor")...)
		if width := s.Floats("width_factor"); width != nil {
			l.Width(width...)
		}
		l.affine = readAffine(s, &l.state)
		return l
	})
}

// RandomZoom makes the layer. The image shows 1+f times its height, where f is
// drawn from [-height, height], or from the range of two numbers, within (-1,
// 1]: a negative f enlarges, a positive one shrinks. The width takes the same f
// unless Width is set. Keras' defaults: FillReflect, Bilinear.
func RandomZoom(height ...float64) *RandomZoomLayer {
	l := &RandomZoomLayer{affine: affineDefaults}
	l.Init(l, "RandomZoom")
	l.height = zoomSpan(&l.state, "height_factor", height)
	return l
}

// zoomSpan refuses -1, which would show nothing.
func zoomSpan(l *state, name string, factor []float64) span {
	for _, f := range factor {
		if f == -1 {
			l.Invalid("%s wants numbers in (-1, 1], got %v", name, factor)
		}
	}
	return newSpan(l, name, factor, [2]float64{-1, 1}, bothWays)
}

// Width draws the width's factor by itself: one number f for [-f, f], or two.
func (l *RandomZoomLayer) Width(factor ...float64) *RandomZoomLayer {
	width := zoomSpan(&l.state, "width_factor", factor)
	l.width = &width
	return l
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *RandomZoomLayer) Interpolation(i Interpolation) *RandomZoomLayer {
	l.setInterpolation(&l.state, i)
	return l
}

// Fill sets what lies outside of the image. Default FillReflect.
func (l *RandomZoomLayer) Fill(f FillMode) *RandomZoomLayer {
	l.setFill(&l.state, f)
	return l
}

// FillValue fills what lies outside of the image with a value: FillConstant.
func (l *RandomZoomLayer) FillValue(value float64) *RandomZoomLayer {
	l.setFillValue(value)
	return l
}

// OutputShape is the input's shape.
func (l *RandomZoomLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call zooms in training.
func (l *RandomZoomLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws which share of its height and width each image shows.
func (l *RandomZoomLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	height := graph.AddScalar(l.height.draw(c, batchOf(x)), 1)
	if l.width == nil {
		return []*graph.Node{height, height}
	}
	return []*graph.Node{height, graph.AddScalar(l.width.draw(c, batchOf(x)), 1)}
}

func (l *RandomZoomLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	height, width, zero := drawn[0], drawn[1], constantLike(drawn[0], 0)
	offset := func(length int, zoom *graph.Node) *graph.Node {
		return graph.MulScalar(graph.AddScalar(graph.Neg(zoom), 1), float64(length-1)/2)
	}
	return l.apply(x, xla.Affine{
		A0: width, A1: zero, A2: offset(dims[2], width),
		B0: zero, B1: height, B2: offset(dims[1], height),
	})
}

// Config returns Keras' configuration of a RandomZoom.
func (l *RandomZoomLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["height_factor"], c["width_factor"] = l.height.asGiven(), any(nil)
	if l.width != nil {
		c["width_factor"] = l.width.asGiven()
	}
	return c
}
