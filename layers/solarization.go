package layers

import "github.com/gomlx/gomlx/core/graph"

// SolarizationLayer adds a number to each image of a training batch and turns
// what is then as bright as a threshold into its negative; each image has
// numbers of its own. In inference it changes nothing. Images are (None, height,
// width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/solarization.py)
type SolarizationLayer struct {
	Base[*SolarizationLayer]
	augmentation
	addition, threshold span
	values              valueRange
}

func init() {
	RegisterLayer("Solarization", func(s *Settings) Layer {
		l := Solarization().
			Addition(s.Floats("addition_factor", 0)...).
			Threshold(s.Floats("threshold_factor", 0)...).
			ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// Solarization makes the layer. Without options it adds 0 and the threshold is
// 0, so it inverts whole images. Values are counted from 0 to 255 over the value
// range.
func Solarization() *SolarizationLayer {
	l := &SolarizationLayer{values: bytesRange}
	l.Init(l, "Solarization")
	return l.Addition(0).Threshold(0)
}

// Addition sets what is added: a number from [0, 255 f], or from [low, 255
// high] of two, all within [0, 1]. The lower end is not multiplied, as in Keras
// 3.15.
func (l *SolarizationLayer) Addition(factor ...float64) *SolarizationLayer {
	l.addition = newSpan(&l.state, "addition_factor", factor, [2]float64{0, 1}, fromZero)
	return l
}

// Threshold sets the brightness from which on pixels are inverted, in the form
// of Addition.
func (l *SolarizationLayer) Threshold(factor ...float64) *SolarizationLayer {
	l.threshold = newSpan(&l.state, "threshold_factor", factor, [2]float64{0, 1}, fromZero)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *SolarizationLayer) ValueRange(low, high float64) *SolarizationLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *SolarizationLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call solarizes in training.
func (l *SolarizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws what each image gets added, and its threshold.
func (l *SolarizationLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	n := batchOf(x)
	return []*graph.Node{
		c.Uniform(l.addition.low, 255*l.addition.high, n),
		c.Uniform(l.threshold.low, 255*l.threshold.high, n),
	}
}

func (l *SolarizationLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	y := bytesRange.clip(graph.Add(l.values.to(bytesRange, x), perImage(drawn[0])))
	threshold := graph.BroadcastToShape(perImage(drawn[1]), y.Shape())
	negative := graph.AddScalar(graph.Neg(y), 255)
	return bytesRange.to(l.values, graph.Where(graph.LessThan(y, threshold), y, negative))
}

// Config returns Keras' configuration of a Solarization.
func (l *SolarizationLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["addition_factor"], c["threshold_factor"] = l.addition.ends(), l.threshold.ends()
	c["value_range"] = l.values.ends()
	return c
}
