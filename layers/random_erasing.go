package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// RandomErasingLayer overwrites a rectangle in some images of a training batch,
// by chance, of a place and size of its own each. In inference it changes
// nothing. Images are (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_erasing.py; Zhong
// et al. 2017)
type RandomErasingLayer struct {
	Base[*RandomErasingLayer]
	augmentation
	factor, scale span
	fill          []float64 // nil is noise, one value or three
	values        valueRange
}

func init() {
	RegisterLayer("RandomErasing", func(s *Settings) Layer {
		l := RandomErasing(s.Floats("factor", 1)...).
			Scale(s.Floats("scale", 0.02, 0.33)...).
			ValueRange(readValueRange(s))
		if fill := s.Floats("fill_value"); fill != nil {
			l.FillValue(fill...)
		}
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomErasing makes the layer. The probability is itself drawn for each
// image, from [0, factor] or from the range of two numbers, within [0, 1];
// Keras' default is 1. Keras' other defaults: a rectangle whose height and
// width are the square roots of shares from [0.02, 0.33], filled with noise
// from a normal distribution of the value range's upper end, cut to the range.
func RandomErasing(factor ...float64) *RandomErasingLayer {
	l := &RandomErasingLayer{values: bytesRange}
	l.Init(l, "RandomErasing")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l.Scale(0.02, 0.33)
}

// Scale sets the range of the shares from whose square roots height and width
// follow, each by itself: one number s for [0, s], or two, within [0, 1].
func (l *RandomErasingLayer) Scale(scale ...float64) *RandomErasingLayer {
	l.scale = newSpan(&l.state, "scale", scale, [2]float64{0, 1}, fromZero)
	return l
}

// FillValue fills with one value, or with one for each of three channels, cut
// to the value range. Without it the rectangle is noise.
func (l *RandomErasingLayer) FillValue(value ...float64) *RandomErasingLayer {
	if len(value) != 1 && len(value) != 3 {
		l.Invalid("fill_value wants 1 number or 3, got %v", value)
		return l
	}
	l.fill = value
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomErasingLayer) ValueRange(low, high float64) *RandomErasingLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomErasingLayer) OutputShape(in []Shape) (Shape, error) {
	if len(l.fill) == 3 {
		return colorImage(in)
	}
	return sameImage(in)
}

// Call erases in training.
func (l *RandomErasingLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws which images are erased, the box, and what fills it.
func (l *RandomErasingLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	dims := x.Shape().Dimensions
	across, down := graph.Sqrt(l.scale.draw(c, dims[0])), graph.Sqrt(l.scale.draw(c, dims[0]))
	box := drawBox(c, x, across, down)
	var fill *graph.Node
	switch len(l.fill) {
	case 0:
		fill = graph.MulScalar(c.Normal(dims...), l.values.high)
	default:
		values := make([]float32, len(l.fill))
		for i, v := range l.fill {
			values[i] = float32(v)
		}
		fill = graph.ConstTensor(c.Graph, tensors.FromFlatDataAndDimensions(values, 1, 1, 1, len(values)))
	}
	return append(box[:], l.factor.oneOf(c, dims[0]), fill)
}

// drawBox draws where a box begins and ends in each image: x0, x1, y0, y1, each
// float32 [n], of the given shares of the width and of the height. It lies
// within the image.
func drawBox(c *Pass, x, across, down *graph.Node) [4]*graph.Node {
	dims := x.Shape().Dimensions
	ends := func(share *graph.Node, length int) (*graph.Node, *graph.Node) {
		size := graph.MulScalar(share, length)
		start := graph.Mul(c.Uniform(0, 1, dims[0]), graph.AddScalar(graph.Neg(size), length))
		return start, graph.Add(start, size)
	}
	x0, x1 := ends(across, dims[2])
	y0, y1 := ends(down, dims[1])
	return [4]*graph.Node{x0, x1, y0, y1}
}

// insideBox tells which pixels lie within the box of their image: bool, of the
// images' shape.
func insideBox(images *graph.Node, box []*graph.Node) *graph.Node {
	dims := images.Shape().Dimensions
	grid := shapes.Make(dtypes.Float32, dims[0], dims[1], dims[2], 1)
	within := func(axis int, low, high *graph.Node) *graph.Node {
		at := graph.Iota(images.Graph(), grid, axis)
		spread := func(v *graph.Node) *graph.Node { return graph.BroadcastToShape(perImage(v), grid) }
		return graph.LogicalAnd(graph.GreaterOrEqual(at, spread(low)), graph.LessThan(at, spread(high)))
	}
	mask := graph.LogicalAnd(within(2, box[0], box[1]), within(1, box[2], box[3]))
	return graph.BroadcastToDims(mask, dims...)
}

func (l *RandomErasingLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	fill := graph.BroadcastToShape(l.values.clip(drawn[5]), x.Shape())
	return imagesWhere(drawn[4], graph.Where(insideBox(x, drawn[:4]), fill, x), x)
}

// Config returns Keras' configuration of a RandomErasing.
func (l *RandomErasingLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["scale"], c["value_range"] = l.factor.ends(), l.scale.ends(), l.values.ends()
	switch len(l.fill) {
	case 0:
		c["fill_value"] = nil
	case 1:
		c["fill_value"] = l.fill[0]
	default:
		c["fill_value"] = l.fill
	}
	return c
}
