package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// PoolingLayer reduces each window of each channel to its maximum or mean:
// images (None, h, w, c) to (None, h', w', c), sequences (None, steps, c) and
// volumes (None, depth, h, w, c) alike.
type PoolingLayer struct {
	Base[*PoolingLayer]
	window window
	reduce func(xla.Pool, *graph.Node) *graph.Node
}

// MaxPooling2DLayer is what [MaxPooling2D] makes, AveragePooling2DLayer what
// [AveragePooling2D] makes.
type (
	MaxPooling2DLayer     = PoolingLayer
	AveragePooling2DLayer = PoolingLayer
)

// MaxPooling1D makes a layer that takes the maximum of each window of a
// sequence: [MaxPooling2D] with one spatial axis.
func MaxPooling1D(poolSize ...int) *PoolingLayer { return newMaxPooling(1, "MaxPooling1D", poolSize) }

// MaxPooling2D makes a layer that takes the maximum of each window. The pool
// size is one value for a square, or height and width; Keras' default is 2.
// Strides default to the pool size for both paddings, padding to Valid. The
// gradient goes to the first maximum of a window in row-major order, as
// TensorFlow's does.
func MaxPooling2D(poolSize ...int) *PoolingLayer { return newMaxPooling(2, "MaxPooling2D", poolSize) }

// MaxPooling3D makes a layer that takes the maximum of each window of a volume:
// [MaxPooling2D] with three spatial axes. TensorFlow on a CPU gives the whole
// gradient to each of several equal maxima of a volume; this layer gives it to
// the first, as TensorFlow does for images.
func MaxPooling3D(poolSize ...int) *PoolingLayer { return newMaxPooling(3, "MaxPooling3D", poolSize) }

// AveragePooling1D makes a layer that takes the mean of each window of a
// sequence: [AveragePooling2D] with one spatial axis.
func AveragePooling1D(poolSize ...int) *PoolingLayer {
	return newAveragePooling(1, "AveragePooling1D", poolSize)
}

// AveragePooling2D makes a layer that takes the mean of each window. The pool
// size is one value for a square, or height and width; none means 2. Strides
// default to the pool size for both paddings, padding to Valid.
func AveragePooling2D(poolSize ...int) *PoolingLayer {
	return newAveragePooling(2, "AveragePooling2D", poolSize)
}

// AveragePooling3D makes a layer that takes the mean of each window of a
// volume: [AveragePooling2D] with three spatial axes.
func AveragePooling3D(poolSize ...int) *PoolingLayer {
	return newAveragePooling(3, "AveragePooling3D", poolSize)
}

func newMaxPooling(rank int, class string, poolSize []int) *PoolingLayer {
	return newPooling(rank, class, poolSize, xla.Pool.Max)
}

func newAveragePooling(rank int, class string, poolSize []int) *PoolingLayer {
	return newPooling(rank, class, poolSize, xla.Pool.Average)
}

func newPooling(rank int, class string, poolSize []int, reduce func(xla.Pool, *graph.Node) *graph.Node) *PoolingLayer {
	l := &PoolingLayer{window: newWindow(rank), reduce: reduce}
	l.Init(l, class)
	refuse(l, l.window.set(&l.window.size, "pool size", orDefault(poolSize, 2)))
	l.window.strides = l.window.size
	return l
}

// Strides sets the step of the window: one value, or one for each spatial axis.
// Default: the pool size.
func (l *PoolingLayer) Strides(strides ...int) *PoolingLayer {
	refuse(l, l.window.set(&l.window.strides, "strides", strides))
	return l
}

// Padding sets the padding: Valid (default) or Same. Padded positions do not
// count: they are never a maximum, and a window at the border is the mean of
// the positions it has.
func (l *PoolingLayer) Padding(p PaddingMode) *PoolingLayer {
	refuse(l, l.window.setPadding(p, Valid, Same))
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *PoolingLayer) DataFormat(f DataFormat) *PoolingLayer {
	refuse(l, l.window.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *PoolingLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.window.read(in)
	if err != nil {
		return nil, err
	}
	out, _, err := l.window.positions(sizes)
	return l.window.shape(out, channels), err
}

// Call reduces the windows.
func (l *PoolingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return l.window.computed(in[0], func(x *graph.Node) *graph.Node {
		d := x.Shape().Dimensions
		return l.reduce(xla.Pool{Size: l.window.size, Strides: l.window.strides, Pads: l.window.pads(d[1 : len(d)-1])}, x)
	})
}

// Config returns Keras' configuration of the layer.
func (l *PoolingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["pool_size"], c["strides"] = l.window.size, l.window.strides
	c["padding"], c["data_format"] = string(l.window.padding), string(l.window.format)
	return c
}

func init() {
	for i, axes := range []string{"1D", "2D", "3D"} {
		for _, name := range []string{"MaxPooling" + axes, "MaxPool" + axes} {
			RegisterLayer(name, func(s *Settings) Layer {
				return readPooling(s, newMaxPooling(i+1, "MaxPooling"+axes, s.Ints("pool_size", 2)))
			})
		}
		for _, name := range []string{"AveragePooling" + axes, "AvgPool" + axes} {
			RegisterLayer(name, func(s *Settings) Layer {
				return readPooling(s, newAveragePooling(i+1, "AveragePooling"+axes, s.Ints("pool_size", 2)))
			})
		}
	}
}

func readPooling(s *Settings, l *PoolingLayer) Layer {
	if strides := s.Ints("strides"); strides != nil {
		l.Strides(strides...)
	}
	return l.Padding(s.Padding()).DataFormat(s.DataFormat())
}
