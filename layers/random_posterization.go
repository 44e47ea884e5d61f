package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomPosterizationLayer keeps of each pixel's 8 bits the upper ones, a
// number of bits drawn for each image of a training batch. In inference it
// changes nothing. Images are (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_posterization.py)
type RandomPosterizationLayer struct {
	Base[*RandomPosterizationLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomPosterization", func(s *Settings) Layer {
		l := RandomPosterization(s.Floats("factor")...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomPosterization makes the layer. The number of bits is drawn from 1 to
// factor-1, or from low to high-1 for two numbers, all from 1 to 8; where both
// ends are equal it is that number. So does Keras 3.15. Values are counted from
// 0 to 255 over the value range, and are cut to it. Gradients do not pass.
func RandomPosterization(factor ...float64) *RandomPosterizationLayer {
	l := &RandomPosterizationLayer{values: bytesRange}
	l.Init(l, "RandomPosterization")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{1, 8}, func(float64) float64 { return 1 })
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomPosterizationLayer) ValueRange(low, high float64) *RandomPosterizationLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomPosterizationLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call drops bits in training.
func (l *RandomPosterizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws how many bits each image loses.
func (l *RandomPosterizationLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	kept := graph.Floor(l.factor.draw(c, batchOf(x)))
	return []*graph.Node{graph.AddScalar(graph.Neg(kept), 8)}
}

func (l *RandomPosterizationLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	step := perImage(graph.Round(graph.Pow(constantLike(drawn[0], 2), drawn[0])))
	whole := truncated(l.values.to(bytesRange, x))
	return graph.StopGradient(bytesRange.to(l.values, graph.Mul(graph.Floor(graph.Div(whole, step)), step)))
}

// Config returns Keras' configuration of a RandomPosterization.
func (l *RandomPosterizationLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
