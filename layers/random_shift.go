package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomShiftLayer moves each image of a training batch by whole pixels. In
// inference it changes nothing. Images are (None, height, width, channels).
type RandomShiftLayer struct {
	Base[*RandomShiftLayer]
	augmentation
	pixels int
}

func init() {
	RegisterLayer("gocifar>RandomShift", func(s *Settings) Layer {
		l := RandomShift(s.Int("pixels", 0))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomShift makes the layer: it moves an image up or down by 0 to so many
// pixels and left or right by another number, all equally likely. What moves in
// from outside is the image mirrored at its outermost pixels, which are not
// doubled: PyTorch's "reflect". Keras' [RandomTranslation] moves by parts of
// pixels, which blurs, and doubles them.
func RandomShift(pixels int) *RandomShiftLayer {
	l := &RandomShiftLayer{pixels: pixels}
	l.Init(l, "gocifar>RandomShift")
	if pixels < 0 {
		l.Invalid("pixels must be at least 0, got %d", pixels)
	}
	return l
}

// OutputShape is the input's shape.
func (l *RandomShiftLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := sameImage(in)
	if err == nil && l.pixels >= min(s[0], s[1]) {
		err = fmt.Errorf("moves by up to %d pixels, which wants images that are larger, got %v", l.pixels, s)
	}
	return s, err
}

// Call moves in training.
func (l *RandomShiftLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	if l.pixels == 0 {
		return in[0]
	}
	return augment(c, l, in[0])
}

// draw draws the first row and column of each image's part of the padded one.
func (l *RandomShiftLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	start := func() *graph.Node {
		return graph.ConvertDType(graph.Floor(c.Uniform(0, float64(2*l.pixels+1), batchOf(x))), dtypes.Int32)
	}
	return []*graph.Node{start(), start()}
}

func (l *RandomShiftLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	return xla.Windows(padMirrored(x, l.pixels), drawn[0], drawn[1], dims[1], dims[2])
}

// padMirrored extends images on all sides by their mirror image at the
// outermost pixels, which are not doubled.
func padMirrored(x *graph.Node, pixels int) *graph.Node {
	if pixels == 0 {
		return x
	}
	for axis := 1; axis <= 2; axis++ {
		n := x.Shape().Dimensions[axis]
		before := graph.Reverse(graph.SliceAxis(x, axis, graph.AxisRange(1, pixels+1)), axis)
		after := graph.Reverse(graph.SliceAxis(x, axis, graph.AxisRange(n-1-pixels, n-1)), axis)
		x = graph.Concatenate([]*graph.Node{before, x, after}, axis)
	}
	return x
}

// Config returns the configuration of a RandomShift.
func (l *RandomShiftLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["pixels"] = l.pixels
	return c
}
