package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomContrastLayer moves the pixels of each image of a training batch away
// from the mean of their channel, or towards it, by a factor of its own. In
// inference it changes nothing. Images are (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_contrast.py)
type RandomContrastLayer struct {
	Base[*RandomContrastLayer]
	augmentation
	factor span
	values valueRange
}

func init() {
	RegisterLayer("RandomContrast", func(s *Settings) Layer {
		l := RandomContrast(s.Floats("factor")...).ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomContrast makes the layer:
//
//	y = (x - mean) f + mean
//
// with f drawn from [1, 1+factor], as Keras 3.15 does for one number, or from
// [1-low, 1+high] for two; all lie in [0, 1]. The mean is the image's, of each
// channel by itself. The result is cut to the value range, [0, 255] unless set.
func RandomContrast(factor ...float64) *RandomContrastLayer {
	l := &RandomContrastLayer{values: bytesRange}
	l.Init(l, "RandomContrast")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomContrastLayer) ValueRange(low, high float64) *RandomContrastLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomContrastLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call changes the contrast in training.
func (l *RandomContrastLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws each image's factor.
func (l *RandomContrastLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	return []*graph.Node{c.Uniform(1-l.factor.low, 1+l.factor.high, batchOf(x))}
}

func (l *RandomContrastLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	mean := graph.ReduceAndKeep(x, graph.ReduceMean, 1, 2)
	return l.values.clip(graph.Add(graph.Mul(graph.Sub(x, mean), perImage(drawn[0])), mean))
}

// Config returns Keras' configuration of a RandomContrast.
func (l *RandomContrastLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["value_range"] = l.factor.ends(), l.values.ends()
	return c
}
