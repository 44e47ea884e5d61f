package xla

import (
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Pool is a pooling's window, which moves over examples [batch, spatial axes…,
// channels]; each slice has an element for each spatial axis.
//
// Its functions reduce windows by operations on strided slices or reshaped
// axes, since XLA's reduce-window (JAX 0.11.2) is several times slower on a
// CPU: see BenchmarkMaxPooling2D of package layers.
type Pool struct {
	Size, Strides []int
	// Pads are the numbers of positions that count for nothing before and after
	// an example.
	Pads [][2]int
	// Dilation are the distances between the window's taps, all at least 1; nil
	// is 1. Poolings have none.
	Dilation []int
}

// Average returns the mean of the positions of an example that each window has.
func (p Pool) Average(x *graph.Node) *graph.Node {
	if blocks, axes := p.blocks(x); blocks != nil {
		return graph.ReduceMean(blocks, axes...)
	}
	return graph.Mul(p.sum(x), graph.ConvertDType(p.inverseCounts(x), x.DType()))
}

// maxTaps is the number of taps from which on a window is reduced axis by axis:
// larger ones make graphs of too many operations.
const maxTaps = 32

// isLarge tells whether p is to be reduced axis by axis.
func (p Pool) isLarge() bool { return p.tapCount() > maxTaps && slices.Max(p.Size) < p.tapCount() }

// byAxis returns the windows that reduce one axis each, the last axis first:
// one after the other they reduce what p does.
func (p Pool) byAxis() []Pool {
	var axes []Pool
	for i := len(p.Size) - 1; i >= 0; i-- {
		one := Pool{Size: slices.Repeat([]int{1}, len(p.Size)), Pads: make([][2]int, len(p.Size))}
		one.Strides = slices.Clone(one.Size)
		one.Size[i], one.Strides[i], one.Pads[i] = p.Size[i], p.Strides[i], p.Pads[i]
		axes = append(axes, one)
	}
	return axes
}

// tapCount is the number of positions in a window.
func (p Pool) tapCount() int {
	n := 1
	for _, size := range p.Size {
		n *= size
	}
	return n
}

// sum returns the sum of each window.
func (p Pool) sum(x *graph.Node) *graph.Node {
	if p.isLarge() {
		for _, axis := range p.byAxis() {
			x = axis.sum(x)
		}
		return x
	}
	taps := p.taps(x, 0)
	sum := taps[0]
	for _, t := range taps[1:] {
		sum = graph.Add(sum, t)
	}
	return sum
}

// inverseCounts returns 1/n for each window that has n positions of the
// example: [1, spatial axes…, 1].
func (p Pool) inverseCounts(x *graph.Node) *graph.Node {
	dims, inverse := []int{1}, []float32{1}
	for axis, size := range spatial(x) {
		counts := p.counts(axis, size)
		dims = append(dims, len(counts))
		all := make([]float32, 0, len(inverse)*len(counts))
		for _, before := range inverse {
			for _, c := range counts {
				all = append(all, before*float32(c))
			}
		}
		inverse = all
	}
	for i, c := range inverse {
		inverse[i] = 1 / c
	}
	return graph.Const(x.Graph(), tensors.FromFlatDataAndDimensions(inverse, append(dims, 1)...))
}

// positions is the number of windows along an axis of the given size.
func (p Pool) positions(axis, size int) int {
	return (size+p.Pads[axis][0]+p.Pads[axis][1]-(p.Size[axis]-1)*p.distance(axis)-1)/p.Strides[axis] + 1
}

// distance is the distance between the window's taps along an axis.
func (p Pool) distance(axis int) int {
	if p.Dilation == nil {
		return 1
	}
	return p.Dilation[axis]
}

// counts returns how many positions of the example each window has along one
// axis.
func (p Pool) counts(axis, size int) []int {
	counts := make([]int, p.positions(axis, size))
	for i := range counts {
		start := i*p.Strides[axis] - p.Pads[axis][0]
		counts[i] = min(size, start+p.Size[axis]) - max(0, start)
	}
	return counts
}

// tiles returns how x falls into windows that neither overlap nor leave gaps
// nor need padding: n, h/kh, kh, w/kw, kw, …, c, and the axes within a window.
// Positions beyond the last window do not count. It returns nil for other
// windows.
func (p Pool) tiles(x *graph.Node) (dims, within []int) {
	pads := slices.ContainsFunc(p.Pads, func(pad [2]int) bool { return pad != [2]int{} })
	if pads || !slices.Equal(p.Strides, p.Size) || p.Dilation != nil {
		return nil, nil
	}
	d := x.Shape().Dimensions
	dims = []int{d[0]}
	for i, size := range p.Size {
		dims = append(dims, d[i+1]/size, size)
		within = append(within, 2*i+2)
	}
	return append(dims, d[len(d)-1]), within
}

// covered returns the spatial sizes that tiles cover.
func covered(tiles []int) []int {
	var sizes []int
	for i := 1; i+1 < len(tiles); i += 2 {
		sizes = append(sizes, tiles[i]*tiles[i+1])
	}
	return sizes
}

// blocks cuts x into its tiles, to be reduced over the axes that it returns.
func (p Pool) blocks(x *graph.Node) (blocks *graph.Node, within []int) {
	tiles, within := p.tiles(x)
	if tiles == nil {
		return nil, nil
	}
	rest := make([][2]int, len(p.Size))
	for i, size := range covered(tiles) {
		rest[i][1] = size - x.Shape().Dimensions[i+1]
	}
	x, _ = cut(x, rest)
	return graph.Reshape(x, tiles...), within
}

// taps returns one node for each position of the window, in row-major order:
// that position of every window, [n, windows along each axis…, c]. Padding has
// the value fill. Elementwise operations on the taps reduce the windows, and
// have gradients for every window.
func (p Pool) taps(x *graph.Node, fill float64) []*graph.Node {
	sizes := spatial(x)
	if slices.ContainsFunc(p.Pads, func(pad [2]int) bool { return pad != [2]int{} }) {
		around := make([]compute.PadAxis, x.Rank())
		for i, pad := range p.Pads {
			around[i+1] = compute.PadAxis{Start: pad[0], End: pad[1]}
		}
		x = graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), fill), around...)
	}
	ranges := slices.Repeat([]graph.SliceAxisSpec{graph.AxisRange()}, x.Rank())
	taps := make([]*graph.Node, p.tapCount())
	for i := range taps {
		rest := i
		for axis := len(p.Size) - 1; axis >= 0; axis-- {
			from, stride := rest%p.Size[axis]*p.distance(axis), p.Strides[axis]
			rest /= p.Size[axis]
			to := from + (p.positions(axis, sizes[axis])-1)*stride + 1
			ranges[axis+1] = graph.AxisRange(from, to).Stride(stride)
		}
		taps[i] = graph.Slice(x, slices.Clone(ranges)...)
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
	// Of windows reduced axis by axis, too, the first maximum wins: the first in
	// its row, and of rows the first.
	if p.isLarge() {
		for _, axis := range p.byAxis() {
			x = axis.max(x)
		}
		return x
	}
	tiles, within := p.tiles(x)
	if tiles == nil || p.tapCount() > math.MaxUint8 {
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
	}, func(dy *graph.Node) *graph.Node {
		dx := toMaxima(x, tiles, within, index, dy)
		noteMaxima(dx, p.Size, index, dy)
		return dx
	})
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

// toMaxima spreads dy, which has a value for each tile of x, to the position of
// the tile that index names; the others get zeros.
func toMaxima(x *graph.Node, tiles, within []int, index, dy *graph.Node) *graph.Node {
	g := x.Graph()
	one := slices.Clone(tiles)
	for _, axis := range within {
		one[axis] = 1
	}
	spread := func(perTile *graph.Node) *graph.Node {
		return graph.BroadcastToDims(graph.Reshape(perTile, one...), tiles...)
	}
	places := shapes.Make(dtypes.Uint8, tiles...)
	place := graph.Iota(g, places, within[0])
	for _, axis := range within[1:] {
		place = graph.Add(graph.MulScalar(place, tiles[axis]), graph.Iota(g, places, axis))
	}
	dx := graph.Where(graph.Equal(spread(index), place), spread(dy), graph.ScalarZero(g, dy.DType()))
	d, rest := x.Shape().Dimensions, make([][2]int, len(within))
	sizes := covered(tiles)
	for i, size := range sizes {
		rest[i][1] = d[i+1] - size
	}
	return pad(graph.Reshape(dx, append(append([]int{d[0]}, sizes...), d[len(d)-1])...), rest, nil)
}
