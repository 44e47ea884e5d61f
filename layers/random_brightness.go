package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomBrightnessLayer adds to each image of a training batch a number of its
// own. In inference it changes nothing. Images are (None, height, width,
// channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_brightness.py)
type RandomBrightnessLayer struct {
	Base[*RandomBrightnessLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomBrightness", func(s *Settings) Layer {
		l := RandomBrightness(s.Floats("factor")...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomBrightness makes the layer. The number is a share of the value range,
// drawn from [-factor, factor], or from the range of two numbers, within [-1,
// 1]. The result is cut to the value range, [0, 255] unless set.
func RandomBrightness(factor ...float64) *RandomBrightnessLayer {
	l := &RandomBrightnessLayer{values: bytesRange}
	l.Init(l, "RandomBrightness")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{-1, 1}, bothWays)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomBrightnessLayer) ValueRange(low, high float64) *RandomBrightnessLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomBrightnessLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call brightens and darkens in training.
func (l *RandomBrightnessLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws what is added to each image.
func (l *RandomBrightnessLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	return []*graph.Node{graph.MulScalar(l.factor.draw(c, batchOf(x)), l.values.high-l.values.low)}
}

func (l *RandomBrightnessLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	return l.values.clip(graph.Add(x, perImage(drawn[0])))
}

// Config returns Keras' configuration of a RandomBrightness.
func (l *RandomBrightnessLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
