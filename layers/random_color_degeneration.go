package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomColorDegenerationLayer mixes each image of a training batch with its
// gray form, by a share of its own. In inference it changes nothing. Images are
// (None, height, width, 3).
// (keras/src/layers/preprocessing/image_preprocessing/random_color_degeneration.py)
type RandomColorDegenerationLayer struct {
	Base[*RandomColorDegenerationLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomColorDegeneration", func(s *Settings) Layer {
		l := RandomColorDegeneration(s.Floats("factor")...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomColorDegeneration makes the layer. The share of gray is drawn from
// [-factor, factor], as Keras 3.15 does for one number, or from the range of
// two, within [-1, 1]; a negative share makes the colors stronger. The result is
// cut to the value range, [0, 255] unless set.
func RandomColorDegeneration(factor ...float64) *RandomColorDegenerationLayer {
	l := &RandomColorDegenerationLayer{values: bytesRange}
	l.Init(l, "RandomColorDegeneration")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{-1, 1}, bothWays)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomColorDegenerationLayer) ValueRange(low, high float64) *RandomColorDegenerationLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomColorDegenerationLayer) OutputShape(in []Shape) (Shape, error) { return colorImage(in) }

// Call mixes with gray in training.
func (l *RandomColorDegenerationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws each image's share of gray.
func (l *RandomColorDegenerationLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	return []*graph.Node{l.factor.draw(c, batchOf(x))}
}

func (l *RandomColorDegenerationLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	return l.values.clip(graph.Add(x, graph.Mul(perImage(drawn[0]), graph.Sub(toGray(x), x))))
}

// Config returns Keras' configuration of a RandomColorDegeneration.
func (l *RandomColorDegenerationLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
