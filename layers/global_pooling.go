package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// GlobalPoolingLayer reduces each channel to its maximum or mean over all
// spatial axes: images (None, h, w, c) to (None, c), sequences (None, steps, c)
// and volumes (None, depth, h, w, c) alike.
type GlobalPoolingLayer struct {
	Base[*GlobalPoolingLayer]
	grid     grid
	keepDims bool
	reduce   func(x *graph.Node, axes ...int) *graph.Node
}

// GlobalMaxPooling2DLayer is what [GlobalMaxPooling2D] makes,
// GlobalAveragePooling2DLayer what [GlobalAveragePooling2D] makes.
type (
	GlobalMaxPooling2DLayer     = GlobalPoolingLayer
	GlobalAveragePooling2DLayer = GlobalPoolingLayer
)

// GlobalMaxPooling1D makes a layer that takes the maximum of each channel over
// a sequence; see [GlobalMaxPooling2D].
func GlobalMaxPooling1D() *GlobalPoolingLayer { return newGlobalMax(1, "GlobalMaxPooling1D") }

// GlobalMaxPooling2D makes a layer that takes the maximum of each channel over
// the image. Several equal maxima share the gradient evenly, as in TensorFlow;
// after a ReLU, zeros often tie.
func GlobalMaxPooling2D() *GlobalPoolingLayer { return newGlobalMax(2, "GlobalMaxPooling2D") }

// GlobalMaxPooling3D makes a layer that takes the maximum of each channel over
// a volume; see [GlobalMaxPooling2D].
func GlobalMaxPooling3D() *GlobalPoolingLayer { return newGlobalMax(3, "GlobalMaxPooling3D") }

// GlobalAveragePooling1D makes a layer that takes the mean of each channel over
// a sequence.
func GlobalAveragePooling1D() *GlobalPoolingLayer {
	return newGlobalAverage(1, "GlobalAveragePooling1D")
}

// GlobalAveragePooling2D makes a layer that takes the mean of each channel over
// the image.
func GlobalAveragePooling2D() *GlobalPoolingLayer {
	return newGlobalAverage(2, "GlobalAveragePooling2D")
}

// GlobalAveragePooling3D makes a layer that takes the mean of each channel over
// a volume.
func GlobalAveragePooling3D() *GlobalPoolingLayer {
	return newGlobalAverage(3, "GlobalAveragePooling3D")
}

func newGlobalMax(rank int, class string) *GlobalPoolingLayer {
	return newGlobalPooling(rank, class, sharedMax)
}

func newGlobalAverage(rank int, class string) *GlobalPoolingLayer {
	return newGlobalPooling(rank, class, graph.ReduceMean)
}

func newGlobalPooling(rank int, class string, reduce func(*graph.Node, ...int) *graph.Node) *GlobalPoolingLayer {
	l := &GlobalPoolingLayer{grid: grid{rank, ChannelsLast}, reduce: reduce}
	l.Init(l, class)
	return l
}

// sharedMax is the maximum over some axes, whose gradient equal maxima share.
func sharedMax(x *graph.Node, axes ...int) *graph.Node {
	// GoMLX's ReduceMax gives every tied maximum the full gradient. The
	// identity below stands before it in the backward pass and divides by the
	// number of ties.
	x = graph.IdentityWithCustomGradient(x, func(x, v *graph.Node) *graph.Node {
		tied := graph.ConvertDType(graph.Equal(x, graph.ReduceAndKeep(x, graph.ReduceMax, axes...)), x.DType())
		return graph.Div(v, graph.ReduceAndKeep(tied, graph.ReduceSum, axes...))
	})
	return graph.ReduceMax(x, axes...)
}

// KeepDims keeps the reduced axes, each of size 1: (None, 1, 1, c).
func (l *GlobalPoolingLayer) KeepDims() *GlobalPoolingLayer {
	l.keepDims = true
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *GlobalPoolingLayer) DataFormat(f DataFormat) *GlobalPoolingLayer {
	refuse(l, l.grid.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes and keeps
// the channels.
func (l *GlobalPoolingLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.grid.read(in)
	if err != nil || !l.keepDims {
		return Shape{channels}, err
	}
	for i := range sizes {
		sizes[i] = 1
	}
	return l.grid.shape(sizes, channels), nil
}

// Call reduces the spatial axes.
func (l *GlobalPoolingLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	axes := make([]int, l.grid.rank)
	for i := range axes {
		axes[i] = l.grid.firstAxis() + i
	}
	x := in[0]
	mask := c.StepMask(x)
	var y *graph.Node
	if mask != nil && l.class == "GlobalAveragePooling1D" {
		y = l.meanOfSteps(x, mask)
	} else {
		y = l.reduce(x, axes...)
	}
	if !l.keepDims {
		return y
	}
	return graph.ExpandAxes(y, axes...)
}

// meanOfSteps is the mean over the steps that count.
func (l *GlobalPoolingLayer) meanOfSteps(x, mask *graph.Node) *graph.Node {
	steps := l.grid.firstAxis()
	mask = graph.BroadcastToShape(graph.ExpandAxes(mask, 3-steps), withDType(x, dtypes.Bool))
	sum := graph.ReduceSum(graph.Where(mask, x, graph.ZerosLike(x)), steps)
	return graph.Div(sum, graph.StopGradient(graph.ReduceSum(graph.ConvertDType(mask, x.DType()), steps)))
}

// Config returns Keras' configuration of the layer.
func (l *GlobalPoolingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["data_format"], c["keepdims"] = string(l.grid.format), l.keepDims
	return c
}

func init() {
	for i, axes := range []string{"1D", "2D", "3D"} {
		for kind, pooling := range map[string]func(int, string) *GlobalPoolingLayer{
			"GlobalMax": newGlobalMax, "GlobalAverage": newGlobalAverage,
		} {
			class := kind + "Pooling" + axes
			read := func(s *Settings) Layer { return readGlobalPooling(s, pooling(i+1, class)) }
			RegisterLayer(class, read)
			RegisterLayer(map[string]string{"GlobalMax": "GlobalMaxPool", "GlobalAverage": "GlobalAvgPool"}[kind]+axes, read)
		}
	}
}

func readGlobalPooling(s *Settings, l *GlobalPoolingLayer) Layer {
	if s.Bool("keepdims", false) {
		l.KeepDims()
	}
	return l.DataFormat(s.DataFormat())
}
