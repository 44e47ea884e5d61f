package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomSharpnessLayer makes each image of a training batch sharper or softer
// by a factor of its own. In inference it changes nothing. Images are (None,
// height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_sharpness.py)
type RandomSharpnessLayer struct {
	Base[*RandomSharpnessLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomSharpness", func(s *Settings) Layer {
		l := RandomSharpness(s.Floats("factor")...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomSharpness makes the layer. With f drawn from [0, factor], or from the
// range of two numbers, within [0, 1], the result is
//
//	x + (1-2f) (smooth - x)
//
// where smooth is the mean of 3x3 pixels with weight 5 for the middle one, and
// 0 outside of the image: 0 is soft, 0.5 the image itself, 1 sharp. It is cut
// to the value range, [0, 255] unless set.
func RandomSharpness(factor ...float64) *RandomSharpnessLayer {
	l := &RandomSharpnessLayer{values: bytesRange}
	l.Init(l, "RandomSharpness")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomSharpnessLayer) ValueRange(low, high float64) *RandomSharpnessLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomSharpnessLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call sharpens and softens in training.
func (l *RandomSharpnessLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws each image's factor.
func (l *RandomSharpnessLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	return []*graph.Node{l.factor.draw(c, batchOf(x))}
}

func (l *RandomSharpnessLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	sum := x
	for _, axis := range []int{1, 2} {
		sum = graph.Add(sum, graph.Add(shifted(sum, axis, 1), shifted(sum, axis, -1)))
	}
	smooth := graph.DivScalar(graph.Add(sum, graph.MulScalar(x, 4)), 13)
	share := graph.AddScalar(graph.MulScalar(drawn[0], -2), 1)
	return l.values.clip(graph.Add(x, graph.Mul(perImage(share), graph.Sub(smooth, x))))
}

// Config returns Keras' configuration of a RandomSharpness.
func (l *RandomSharpnessLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
