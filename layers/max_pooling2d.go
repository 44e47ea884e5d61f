package layers

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// MaxPooling2DLayer takes the maximum of each window and channel:
// (None, h, w, c) to (None, h', w', c).
type MaxPooling2DLayer struct {
	Base[*MaxPooling2DLayer]
	pooling2D
}

// MaxPooling2D makes the layer. The pool size is one value for a square, or
// height and width; Keras' default is 2. Strides default to the pool size for
// both paddings, padding to Valid. The gradient goes to the first maximum of a
// window in row-major order, as TensorFlow's does.
func MaxPooling2D(poolSize ...int) *MaxPooling2DLayer {
	l := &MaxPooling2DLayer{}
	l.Init(l, "MaxPooling2D")
	l.pooling2D = newPooling2D(l.core(), poolSize)
	return l
}

// Strides sets the step of the window. Default: the pool size.
func (l *MaxPooling2DLayer) Strides(strides ...int) *MaxPooling2DLayer {
	l.setStrides(l.core(), strides)
	return l
}

// Padding sets the padding: Valid (default) or Same. Padded positions never
// win.
func (l *MaxPooling2DLayer) Padding(p PaddingMode) *MaxPooling2DLayer {
	l.setPadding(l.core(), p)
	return l
}

// Call takes the maxima one tap of the windows after the other: strided slices
// and comparisons, which XLA fuses into their readers. On its CPU backend (AMD
// EPYC, 32 images of 32x32x32) pool and gradient together took 0.6 ms of
// processor time so, 2.1 as a maximum over reshaped axes (whose gradient goes to
// every tied maximum), and 2.9 as that with the gradient to the first. See
// BenchmarkMaxPooling2D; reduce-window is slower still.
func (l *MaxPooling2DLayer) Call(_ *Call, in []*graph.Node) *graph.Node {
	return inFloat32(in[0], l.pool)
}

func (l *MaxPooling2DLayer) pool(x *graph.Node) *graph.Node {
	tiles := l.tiles(x)
	if tiles == nil || l.size[0]*l.size[1] > math.MaxUint8 {
		y, _ := l.firstMaxima(x)
		return y
	}
	// The gradient of strided slices is a sum of images with holes, for whose
	// pixels XLA's CPU backend evaluates all that follows one by one: behind a
	// Dropout that was an eighth of Model 3's step. So it is written down here.
	var index *graph.Node
	return withGradient(x, func(x *graph.Node) (y *graph.Node) {
		y, index = l.firstMaxima(x)
		index = computedOnce(index)
		return y
	}, func(x, dy *graph.Node) *graph.Node { return toMaxima(x, tiles, index, dy) })
}

// firstMaxima returns each window's maximum, and as uint8 which tap of the
// window it is; of equals the first.
func (l *MaxPooling2DLayer) firstMaxima(x *graph.Node) (largest, index *graph.Node) {
	taps := l.taps(x, math.Inf(-1))
	largest = taps[0]
	index = graph.Zeros(x.Graph(), shapes.Make(dtypes.Uint8, largest.Shape().Dimensions...))
	for i, t := range taps[1:] {
		// A NaN wins, so that it is not lost.
		wins := graph.LogicalOr(graph.GreaterThan(t, largest), graph.NotEqual(t, t))
		largest = graph.Where(wins, t, largest)
		index = graph.Where(wins, graph.Scalar(x.Graph(), dtypes.Uint8, uint8(i+1)), index)
	}
	return largest, index
}

// toMaxima spreads dy, which has a value for each tile of x, to the pixel of the
// tile that index names; the others get zeros.
func toMaxima(x *graph.Node, tiles []int, index, dy *graph.Node) *graph.Node {
	g := x.Graph()
	spread := func(perTile *graph.Node) *graph.Node {
		return graph.BroadcastToDims(graph.Reshape(perTile, tiles[0], tiles[1], 1, tiles[3], 1, tiles[5]), tiles...)
	}
	places := shapes.Make(dtypes.Uint8, tiles...)
	place := graph.Add(graph.MulScalar(graph.Iota(g, places, 2), tiles[4]), graph.Iota(g, places, 4))
	dx := graph.Where(graph.Equal(spread(index), place), spread(dy), graph.ScalarZero(g, dy.DType()))
	height, width := tiles[1]*tiles[2], tiles[3]*tiles[4]
	dx = graph.Reshape(dx, tiles[0], height, width, tiles[5])
	d := x.Shape().Dimensions
	if height == d[1] && width == d[2] {
		return dx
	}
	return graph.Pad(dx, graph.ScalarZero(g, dx.DType()), compute.PadAxis{},
		compute.PadAxis{End: d[1] - height}, compute.PadAxis{End: d[2] - width}, compute.PadAxis{})
}

// Config returns Keras' configuration of a MaxPooling2D.
func (l *MaxPooling2DLayer) Config() map[string]any { return l.addConfig(l.config()) }
