package xla

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Pool is a pooling's window, which moves over images [batch, height, width,
// channels]. Pairs are of height and width.
//
// Its functions reduce windows by operations on strided slices or reshaped
// axes, since XLA's reduce-window (JAX 0.11.2) is several times slower on a
// CPU: see BenchmarkMaxPooling2D of package layers.
type Pool struct {
	Size, Strides [2]int
	// Pads are the numbers of pixels that count for nothing before and after the
	// image.
	Pads [2][2]int
}

// Average returns the mean of the pixels that each window has.
func (p Pool) Average(x *graph.Node) *graph.Node {
	if blocks := p.blocks(x); blocks != nil {
		return graph.ReduceMean(blocks, 2, 4)
	}
	taps := p.taps(x, 0)
	sum := taps[0]
	for _, t := range taps[1:] {
		sum = graph.Add(sum, t)
	}
	d := x.Shape().Dimensions
	rows, columns := p.counts(0, d[1]), p.counts(1, d[2])
	inverse := make([]float32, 0, len(rows)*len(columns))
	for _, r := range rows {
		for _, c := range columns {
			inverse = append(inverse, 1/float32(r*c))
		}
	}
	weights := graph.Const(x.Graph(), tensors.FromFlatDataAndDimensions(inverse, 1, len(rows), len(columns), 1))
	return graph.Mul(sum, graph.ConvertDType(weights, x.DType()))
}

// positions is the number of windows along an axis (0 height, 1 width) of the
// given size.
func (p Pool) positions(axis, size int) int {
	return (size+p.Pads[axis][0]+p.Pads[axis][1]-p.Size[axis])/p.Strides[axis] + 1
}

// counts returns how many pixels of the image each window has along one axis.
func (p Pool) counts(axis, size int) []int {
	counts := make([]int, p.positions(axis, size))
	for i := range counts {
		start := i*p.Strides[axis] - p.Pads[axis][0]
		counts[i] = min(size, start+p.Size[axis]) - max(0, start)
	}
	return counts
}

// tiles returns how x falls into windows that neither overlap nor leave gaps
// nor need padding: n, h/kh, kh, w/kw, kw, c. Pixels beyond the last window do
// not count. It returns nil for other windows.
func (p Pool) tiles(x *graph.Node) []int {
	if p.Strides != p.Size || p.Pads != [2][2]int{} {
		return nil
	}
	d := x.Shape().Dimensions
	return []int{d[0], d[1] / p.Size[0], p.Size[0], d[2] / p.Size[1], p.Size[1], d[3]}
}

// blocks cuts x into its tiles, to be reduced over axes 2 and 4.
func (p Pool) blocks(x *graph.Node) *graph.Node {
	tiles, d := p.tiles(x), x.Shape().Dimensions
	if tiles == nil {
		return nil
	}
	if h, w := tiles[1]*tiles[2], tiles[3]*tiles[4]; h != d[1] || w != d[2] {
		x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, h), graph.AxisRange(0, w), graph.AxisRange())
	}
	return graph.Reshape(x, tiles...)
}

// taps returns one node for each position (u, v) of the window, in row-major
// order: that pixel of every window, [n, h', w', c]. Padding has the value
// fill. Elementwise operations on the taps reduce the windows, and have
// gradients for every window.
func (p Pool) taps(x *graph.Node, fill float64) []*graph.Node {
	d := x.Shape().Dimensions
	h, w := p.positions(0, d[1]), p.positions(1, d[2])
	if p.Pads != [2][2]int{} {
		x = graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), fill), compute.PadAxis{},
			compute.PadAxis{Start: p.Pads[0][0], End: p.Pads[0][1]},
			compute.PadAxis{Start: p.Pads[1][0], End: p.Pads[1][1]}, compute.PadAxis{})
	}
	var taps []*graph.Node
	for u := range p.Size[0] {
		for v := range p.Size[1] {
			taps = append(taps, graph.Slice(x, graph.AxisRange(),
				graph.AxisRange(u, u+(h-1)*p.Strides[0]+1).Stride(p.Strides[0]),
				graph.AxisRange(v, v+(w-1)*p.Strides[1]+1).Stride(p.Strides[1]), graph.AxisRange()))
		}
	}
	return taps
}

// Max returns the maximum of each window. The gradient goes to a window's first
// maximum in row-major order; that of GoMLX 0.28's ReduceMax goes to every tied
// maximum.
//
// It compares one tap of the windows after the other: strided slices and
// comparisons, which XLA fuses into their readers. On its CPU backend (JAX
// 0.11.2, AMD EPYC, 32 images of 32x32x32) pool and gradient together took 0.6
// ms of processor time so, 2.1 as a maximum over reshaped axes, and 2.9 as that
// with the gradient to the first.
func (p Pool) Max(x *graph.Node) *graph.Node { return InFloat32(x, p.max) }

func (p Pool) max(x *graph.Node) *graph.Node {
	tiles := p.tiles(x)
	if tiles == nil || p.Size[0]*p.Size[1] > math.MaxUint8 {
		y, _ := p.firstMaxima(x)
		return y
	}
	// The gradient of strided slices is a sum of images with holes. For their
	// pixels XLA's CPU backend evaluates all that follows one by one: behind a
	// Dropout that was an eighth of Model 3's step. So the gradient is written
	// down here.
	var index *graph.Node
	return withGradient(x, func(x *graph.Node) (y *graph.Node) {
		y, index = p.firstMaxima(x)
		index = Materialize(index)
		return y
	}, func(dy *graph.Node) *graph.Node { return toMaxima(x, tiles, index, dy) })
}

// firstMaxima returns each window's maximum, and as uint8 which tap of the
// window it is; of equals the first.
func (p Pool) firstMaxima(x *graph.Node) (largest, index *graph.Node) {
	taps := p.taps(x, math.Inf(-1))
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

// toMaxima spreads dy, which has a value for each tile of x, to the pixel of
// the tile that index names; the others get zeros.
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
