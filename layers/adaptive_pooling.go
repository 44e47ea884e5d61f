package layers

import (
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// AdaptivePoolingLayer reduces examples to a given number of positions along
// each spatial axis, each the maximum or mean of its share: images (None, h, w,
// c) to (None, rows, columns, c), sequences (None, steps, c) and volumes (None,
// depth, h, w, c) alike. Position i of n has the input's positions from
// floor(i*size/n) to ceil((i+1)*size/n), so that shares may overlap.
type AdaptivePoolingLayer struct {
	Base[*AdaptivePoolingLayer]
	grid   grid
	output []int
	reduce func(xla.Pool, *graph.Node) *graph.Node
}

// AdaptiveMaxPooling1D makes a layer that takes maxima of sequences; the output
// size is at least 1.
func AdaptiveMaxPooling1D(outputSize int) *AdaptivePoolingLayer {
	return newAdaptiveMax(1, "AdaptiveMaxPooling1D", []int{outputSize})
}

// AdaptiveMaxPooling2D makes a layer that takes maxima of images. The output
// size is one value, or rows and columns, at least 1.
func AdaptiveMaxPooling2D(outputSize ...int) *AdaptivePoolingLayer {
	return newAdaptiveMax(2, "AdaptiveMaxPooling2D", outputSize)
}

// AdaptiveMaxPooling3D makes a layer that takes maxima of volumes. The output
// size is one value, or depth, rows and columns, at least 1.
func AdaptiveMaxPooling3D(outputSize ...int) *AdaptivePoolingLayer {
	return newAdaptiveMax(3, "AdaptiveMaxPooling3D", outputSize)
}

// AdaptiveAveragePooling1D makes a layer that takes means of sequences; the
// output size is at least 1.
func AdaptiveAveragePooling1D(outputSize int) *AdaptivePoolingLayer {
	return newAdaptiveAverage(1, "AdaptiveAveragePooling1D", []int{outputSize})
}

// AdaptiveAveragePooling2D makes a layer that takes means of images. The output
// size is one value, or rows and columns, at least 1.
func AdaptiveAveragePooling2D(outputSize ...int) *AdaptivePoolingLayer {
	return newAdaptiveAverage(2, "AdaptiveAveragePooling2D", outputSize)
}

// AdaptiveAveragePooling3D makes a layer that takes means of volumes. The
// output size is one value, or depth, rows and columns, at least 1.
func AdaptiveAveragePooling3D(outputSize ...int) *AdaptivePoolingLayer {
	return newAdaptiveAverage(3, "AdaptiveAveragePooling3D", outputSize)
}

func newAdaptiveMax(rank int, class string, outputSize []int) *AdaptivePoolingLayer {
	return newAdaptivePooling(rank, class, outputSize, xla.Pool.Max)
}

func newAdaptiveAverage(rank int, class string, outputSize []int) *AdaptivePoolingLayer {
	return newAdaptivePooling(rank, class, outputSize, xla.Pool.Average)
}

func newAdaptivePooling(rank int, class string, outputSize []int,
	reduce func(xla.Pool, *graph.Node) *graph.Node) *AdaptivePoolingLayer {
	l := &AdaptivePoolingLayer{grid: grid{rank, ChannelsLast}, reduce: reduce}
	l.Init(l, class)
	var err error
	if l.output, err = l.grid.numbers("output size", 1, outputSize); err != nil {
		l.Invalid("%w", err)
		l.output = slices.Repeat([]int{1}, rank)
	}
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *AdaptivePoolingLayer) DataFormat(f DataFormat) *AdaptivePoolingLayer {
	refuse(l, l.grid.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *AdaptivePoolingLayer) OutputShape(in []Shape) (Shape, error) {
	_, channels, err := l.grid.read(in)
	return l.grid.shape(l.output, channels), err
}

// Call reduces one axis after the other.
func (l *AdaptivePoolingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return l.grid.computed(in[0], func(x *graph.Node) *graph.Node {
		for axis, n := range l.output {
			x = l.reduced(x, axis, n)
		}
		return x
	})
}

// reduced reduces a spatial axis to n positions.
func (l *AdaptivePoolingLayer) reduced(x *graph.Node, axis, n int) *graph.Node {
	size := x.Shape().Dimensions[axis+1]
	one := slices.Repeat([]int{1}, l.grid.rank)
	pool := xla.Pool{Size: slices.Clone(one), Strides: slices.Clone(one), Pads: make([][2]int, l.grid.rank)}
	if size%n == 0 {
		pool.Size[axis], pool.Strides[axis] = size/n, size/n
		return l.reduce(pool, x)
	}
	shares := make([]*graph.Node, n)
	for i := range shares {
		from, to := i*size/n, ((i+1)*size+n-1)/n
		pool.Size = slices.Clone(one)
		pool.Size[axis] = to - from
		pool.Strides = pool.Size
		shares[i] = l.reduce(pool, graph.SliceAxis(x, axis+1, graph.AxisRange(from, to)))
	}
	return graph.Concatenate(shares, axis+1)
}

// Config returns Keras' configuration of the layer.
func (l *AdaptivePoolingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["output_size"], c["data_format"] = slices.Clone(l.output), string(l.grid.format)
	return c
}

func init() {
	for i, axes := range []string{"1D", "2D", "3D"} {
		for kind, pooling := range map[string]func(int, string, []int) *AdaptivePoolingLayer{
			"AdaptiveMaxPooling": newAdaptiveMax, "AdaptiveAveragePooling": newAdaptiveAverage,
		} {
			RegisterLayer(kind+axes, func(s *Settings) Layer {
				return pooling(i+1, kind+axes, s.Ints("output_size")).DataFormat(s.DataFormat())
			})
		}
	}
}
