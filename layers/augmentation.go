package layers

import (
	"fmt"
	"math"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// augmenter is a layer that changes images at random while training, every
// image by numbers of its own, and leaves them alone otherwise.
type augmenter interface {
	// draw draws the numbers for a batch of images.
	draw(c *Pass, x *graph.Node) []*graph.Node
	// transform changes images, float32 [batch, height, width, channels], by
	// the numbers drawn.
	transform(x *graph.Node, drawn []*graph.Node) *graph.Node
}

// augment is the Call of an augmenter. All random numbers follow from the run's
// seed.
func augment(c *Pass, l augmenter, x *graph.Node) *graph.Node {
	if !c.Training {
		return x
	}
	drawn := l.draw(c, x)
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node { return xla.Materialize(l.transform(x, drawn)) })
}

// augmentation is what all augmenting layers keep of their configuration in
// files. The seed is kept for Keras; here the run's seed counts.
type augmentation struct{ seed any }

// readAugmentation reads what all augmenting layers have.
func readAugmentation(s *Settings) augmentation {
	channelsLast(s)
	s.Only("bounding_box_format")
	return augmentation{s.seed()}
}

// addTo adds the settings to a layer's configuration.
func (a augmentation) addTo(config map[string]any) map[string]any {
	config["seed"], config["data_format"] = a.seed, "channels_last"
	return config
}

// sameImage is the OutputShape of layers that keep the images' shape.
func sameImage(in []Shape) (Shape, error) {
	h, w, channels, err := oneImage(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, channels}, nil
}

// colorImage is sameImage of images in color.
func colorImage(in []Shape) (Shape, error) {
	s, err := sameImage(in)
	if err == nil && s[2] != 3 {
		return nil, fmt.Errorf("wants images of 3 channels (red, green, blue), got %v", s)
	}
	return s, err
}

// span is the range from which a layer draws numbers: Keras' "factor".
type span struct {
	low, high float64
	given     []float64 // one number or two, as the user wrote it
}

// newSpan makes a range of one number f, [least, f], or of two in any order,
// within bounds. least is Keras' lower end for one number, often -f.
func newSpan(l *state, name string, factor []float64, bounds [2]float64, least func(f float64) float64) span {
	if len(factor) != 1 && len(factor) != 2 {
		l.Invalid("%s wants 1 number or 2, got %v", name, factor)
		return span{}
	}
	for _, f := range factor {
		if math.IsNaN(f) || f < bounds[0] || f > bounds[1] {
			l.Invalid("%s wants numbers in [%g, %g], got %v", name, bounds[0], bounds[1], factor)
			return span{}
		}
	}
	if len(factor) == 1 {
		f := math.Abs(factor[0])
		return span{least(f), f, factor}
	}
	return span{min(factor[0], factor[1]), max(factor[0], factor[1]), factor}
}

// bothWays is the range of one number f that reaches from -f to f.
func bothWays(f float64) float64 { return -f }

// fromZero is the range of one number f that reaches from 0 to f.
func fromZero(float64) float64 { return 0 }

// draw draws one number for each of n examples: float32 [n].
func (s span) draw(c *Pass, n int) *graph.Node { return c.Uniform(s.low, s.high, n) }

// ends is Keras' form of a range that it keeps as its two ends.
func (s span) ends() []float64 { return []float64{s.low, s.high} }

// asGiven is Keras' form of a range that it keeps as the user wrote it.
func (s span) asGiven() any {
	if len(s.given) == 1 {
		return s.given[0]
	}
	return s.given
}

// valueRange is the range of the pixels' values: [0, 255] unless set.
type valueRange struct{ low, high float64 }

var bytesRange = valueRange{0, 255}

// newValueRange checks a range.
func newValueRange(l *state, low, high float64) valueRange {
	if !(low < high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		l.Invalid("value_range wants two finite numbers, the lower first, got %g and %g", low, high)
		return bytesRange
	}
	return valueRange{low, high}
}

// readValueRange reads Keras' value_range.
func readValueRange(s *Settings) (low, high float64) {
	v := s.Floats("value_range", 0, 255)
	if len(v) != 2 {
		s.Fail("value_range wants 2 numbers, got %v", v)
		return 0, 255
	}
	return v[0], v[1]
}

// ends is Keras' form of a value range.
func (r valueRange) ends() []float64 { return []float64{r.low, r.high} }

// clip cuts values to the range.
func (r valueRange) clip(x *graph.Node) *graph.Node { return graph.ClipScalar(x, r.low, r.high) }

// to maps values from the range r to another, as Keras'
// _transform_value_range does.
func (r valueRange) to(other valueRange, x *graph.Node) *graph.Node {
	if r == other {
		return x
	}
	x = graph.DivScalar(graph.AddScalar(x, -r.low), r.high-r.low)
	return graph.AddScalar(graph.MulScalar(x, other.high-other.low), other.low)
}

// perImage gives one number an example, [n], the rank of images.
func perImage(v *graph.Node) *graph.Node { return graph.Reshape(v, v.Shape().Dimensions[0], 1, 1, 1) }

// imagesWhere chooses whole images: of yes where condition, bool [n], is true.
func imagesWhere(condition, yes, no *graph.Node) *graph.Node {
	return graph.Where(graph.BroadcastToDims(perImage(condition), yes.Shape().Dimensions...), yes, no)
}

// oneOf draws true with a probability that is itself drawn from the range: bool
// [n].
func (s span) oneOf(c *Pass, n int) *graph.Node {
	return graph.LessThan(c.Uniform(0, 1, n), s.draw(c, n))
}

func batchOf(x *graph.Node) int { return x.Shape().Dimensions[0] }
