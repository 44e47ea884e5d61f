package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// CroppingLayer cuts off what lies at the sides of examples: images (None, h,
// w, c) to (None, h-top-bottom, w-left-right, c), sequences (None, steps, c) and
// volumes (None, depth, h, w, c) alike.
type CroppingLayer struct {
	Base[*CroppingLayer]
	grid  grid
	sides sides
}

// Cropping1D makes a layer that crops sequences: by one value for both ends, or
// start and end, each at least 0. Without a value it is Keras' default, 1.
func Cropping1D(cropping ...int) *CroppingLayer {
	return newCropping(1, "Cropping1D", orDefault(cropping, 1))
}

// Cropping2D makes a layer that crops images. It takes one value for all sides,
// two (height, width), or four (top, bottom, left, right); each at least 0.
// Without a value it is Keras' default, 0.
func Cropping2D(cropping ...int) *CroppingLayer {
	return newCropping(2, "Cropping2D", orDefault(cropping, 0))
}

// Cropping3D makes a layer that crops volumes. It takes one value for all
// sides, three (depth, height, width), or six, before and after each axis; each
// at least 0. Without a value it is Keras' default, 1.
func Cropping3D(cropping ...int) *CroppingLayer {
	return newCropping(3, "Cropping3D", orDefault(cropping, 1))
}

func newCropping(rank int, class string, cropping []int) *CroppingLayer {
	l := &CroppingLayer{grid: grid{rank, ChannelsLast}}
	l.Init(l, class)
	var err error
	l.sides, err = readSides("cropping", rank, cropping)
	refuse(l, err)
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast, which is the
// only one of a Cropping1D, as in Keras.
func (l *CroppingLayer) DataFormat(f DataFormat) *CroppingLayer {
	if l.grid.rank == 1 && f == ChannelsFirst {
		l.Invalid("Cropping1D has no data format %q: it crops the first axis behind the batch", f)
		return l
	}
	refuse(l, l.grid.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes, of which
// something is left.
func (l *CroppingLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.grid.read(in)
	if err != nil {
		return nil, err
	}
	for axis, side := range l.sides {
		if side[0]+side[1] >= sizes[axis] {
			return nil, fmt.Errorf("%s: cropping %d and %d leaves nothing of %d",
				l.grid.axes()[axis], side[0], side[1], sizes[axis])
		}
		sizes[axis] -= side[0] + side[1]
	}
	return l.grid.shape(sizes, channels), nil
}

// Call crops.
func (l *CroppingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	ranges := slices.Repeat([]graph.SliceAxisSpec{graph.AxisRange()}, x.Rank())
	for i, side := range l.sides {
		axis := l.grid.firstAxis() + i
		ranges[axis] = graph.AxisRange(side[0], x.Shape().Dimensions[axis]-side[1])
	}
	return graph.Slice(x, ranges...)
}

// Config returns Keras' configuration of the layer.
func (l *CroppingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["cropping"] = l.sides.config()
	if l.grid.rank > 1 {
		c["data_format"] = string(l.grid.format)
	}
	return c
}

func init() {
	for i, otherwise := range []int{1, 0, 1} {
		class := fmt.Sprintf("Cropping%dD", i+1)
		RegisterLayer(class, func(s *Settings) Layer {
			return newCropping(i+1, class, s.Ints("cropping", otherwise)).DataFormat(s.DataFormat())
		})
	}
}
