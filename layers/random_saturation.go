package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomSaturationLayer makes the colors of each image of a training batch
// stronger or weaker by a factor of its own. In inference it changes nothing.
// Images are (None, height, width, 3).
// (keras/src/layers/preprocessing/image_preprocessing/random_saturation.py)
type RandomSaturationLayer struct {
	Base[*RandomSaturationLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomSaturation", func(s *Settings) Layer {
		l := RandomSaturation(s.Floats("factor")...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomSaturation makes the layer. The saturation is multiplied by f/(1-f),
// where f is drawn from [-factor, factor], as Keras 3.15 does for one number,
// or from the range of two, within [-1, 1]: at 0 the image is gray, at 0.5 it
// stays, at 1 its colors are as strong as can be. So two numbers around 0.5
// make sense, RandomSaturation(0.4, 0.6). The saturation is cut to the value
// range, [0, 255] unless set.
func RandomSaturation(factor ...float64) *RandomSaturationLayer {
	l := &RandomSaturationLayer{values: bytesRange}
	l.Init(l, "RandomSaturation")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{-1, 1}, bothWays)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomSaturationLayer) ValueRange(low, high float64) *RandomSaturationLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomSaturationLayer) OutputShape(in []Shape) (Shape, error) { return colorImage(in) }

// Call changes the saturation in training.
func (l *RandomSaturationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws what each image's saturation is multiplied by.
func (l *RandomSaturationLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	f := l.factor.draw(c, batchOf(x))
	return []*graph.Node{graph.Div(f, graph.AddScalar(graph.Neg(f), 1+1e-7))}
}

func (l *RandomSaturationLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	h, s, v := toHSV(x)
	return toRGB(h, l.values.clip(graph.Mul(s, perImage(drawn[0]))), v)
}

// Config returns Keras' configuration of a RandomSaturation.
func (l *RandomSaturationLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
