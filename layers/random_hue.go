package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomHueLayer turns the colors of each image of a training batch around the
// color circle by an angle of its own. In inference it changes nothing. Images
// are (None, height, width, 3).
// (keras/src/layers/preprocessing/image_preprocessing/random_hue.py)
type RandomHueLayer struct {
	Base[*RandomHueLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomHue", func(s *Settings) Layer {
		l := RandomHue(s.Floats("factor")...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomHue makes the layer. The angle is a share of a half turn, drawn from
// [0, factor], or from the range of two numbers, within [0, 1]; it goes either
// way.
func RandomHue(factor ...float64) *RandomHueLayer {
	l := &RandomHueLayer{values: bytesRange}
	l.Init(l, "RandomHue")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomHueLayer) ValueRange(low, high float64) *RandomHueLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomHueLayer) OutputShape(in []Shape) (Shape, error) { return colorImage(in) }

// Call turns the colors in training.
func (l *RandomHueLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws each image's share of a full turn.
func (l *RandomHueLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	n := batchOf(x)
	return []*graph.Node{graph.MulScalar(graph.Mul(randomSign(c, n), l.factor.draw(c, n)), 0.5)}
}

func (l *RandomHueLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	unit := valueRange{0, 1}
	h, s, v := toHSV(l.values.to(unit, x))
	h = graph.Add(h, perImage(drawn[0]))
	one, zero := graph.OnesLike(h), graph.ZerosLike(h)
	h = graph.Where(graph.GreaterThan(h, one), graph.AddScalar(h, -1), h)
	h = graph.Where(graph.LessThan(h, zero), graph.AddScalar(h, 1), h)
	return unit.to(l.values, unit.clip(toRGB(h, s, v)))
}

// Config returns Keras' configuration of a RandomHue.
func (l *RandomHueLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
