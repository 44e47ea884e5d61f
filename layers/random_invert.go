package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomInvertLayer turns some images of a training batch into their negatives,
// by chance. In inference it changes nothing. Images are (None, height, width,
// channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_invert.py)
type RandomInvertLayer struct {
	Base[*RandomInvertLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomInvert", func(s *Settings) Layer {
		l := RandomInvert(s.Floats("factor", 1)...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomInvert makes the layer. The probability is itself drawn for each image,
// from [0, factor] or from the range of two numbers, within [0, 1]: the factor
// 1, Keras' default, inverts every other image, and (1, 1) all. An inverted
// pixel is the value range's upper end minus the pixel.
func RandomInvert(factor ...float64) *RandomInvertLayer {
	l := &RandomInvertLayer{values: bytesRange}
	l.Init(l, "RandomInvert")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomInvertLayer) ValueRange(low, high float64) *RandomInvertLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomInvertLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call inverts in training.
func (l *RandomInvertLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws which images are inverted.
func (l *RandomInvertLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	return []*graph.Node{l.factor.oneOf(c, batchOf(x))}
}

func (l *RandomInvertLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	return imagesWhere(drawn[0], graph.AddScalar(graph.Neg(x), l.values.high), x)
}

// Config returns Keras' configuration of a RandomInvert.
func (l *RandomInvertLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
