package layers

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// ZeroPaddingLayer adds zeros around examples: images (None, h, w, c) to (None,
// top+h+bottom, left+w+right, c), sequences (None, steps, c) and volumes (None,
// depth, h, w, c) alike.
type ZeroPaddingLayer struct {
	Base[*ZeroPaddingLayer]
	grid  grid
	sides sides
}

// ZeroPadding2DLayer is what [ZeroPadding2D] makes.
type ZeroPadding2DLayer = ZeroPaddingLayer

// ZeroPadding1D makes a layer that pads sequences: by one value for both ends,
// or start and end, each at least 0. Without a value it is Keras' default, 1.
func ZeroPadding1D(padding ...int) *ZeroPaddingLayer {
	return newZeroPadding(1, "ZeroPadding1D", padding)
}

// ZeroPadding2D makes a layer that pads images. It takes one value for all
// sides, two (height, width), or four (top, bottom, left, right); each at least
// 0. Without a value it is Keras' default, 1.
func ZeroPadding2D(padding ...int) *ZeroPaddingLayer {
	return newZeroPadding(2, "ZeroPadding2D", padding)
}

// ZeroPadding3D makes a layer that pads volumes. It takes one value for all
// sides, three (depth, height, width), or six, before and after each axis; each
// at least 0. Without a value it is Keras' default, 1.
func ZeroPadding3D(padding ...int) *ZeroPaddingLayer {
	return newZeroPadding(3, "ZeroPadding3D", padding)
}

func newZeroPadding(rank int, class string, padding []int) *ZeroPaddingLayer {
	l := &ZeroPaddingLayer{grid: grid{rank, ChannelsLast}}
	l.Init(l, class)
	var err error
	l.sides, err = readSides("padding", rank, orDefault(padding, 1))
	refuse(l, err)
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *ZeroPaddingLayer) DataFormat(f DataFormat) *ZeroPaddingLayer {
	refuse(l, l.grid.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *ZeroPaddingLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.grid.read(in)
	if err != nil {
		return nil, err
	}
	for axis, side := range l.sides {
		sizes[axis] += side[0] + side[1]
	}
	return l.grid.shape(sizes, channels), nil
}

// Call pads.
func (l *ZeroPaddingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	around := make([]compute.PadAxis, x.Rank())
	for axis, side := range l.sides {
		around[l.grid.firstAxis()+axis] = compute.PadAxis{Start: side[0], End: side[1]}
	}
	return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), around...)
}

// Config returns Keras' configuration of the layer.
func (l *ZeroPaddingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["padding"], c["data_format"] = l.sides.config(), string(l.grid.format)
	return c
}

func init() {
	for i := range 3 {
		class := fmt.Sprintf("ZeroPadding%dD", i+1)
		RegisterLayer(class, func(s *Settings) Layer {
			return newZeroPadding(i+1, class, s.Ints("padding", 1)).DataFormat(s.DataFormat())
		})
	}
}
