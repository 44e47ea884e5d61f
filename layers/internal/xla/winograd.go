package xla

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// winogradTile is the side of a tile of dy, winogradSpan that of the images'
// tile that it comes from.
const winogradTile, winogradSpan = 4, 6

// The matrices of F(4x4, 3x3), Lavin and Gray 2015, arXiv:1509.09308.
var (
	winogradA = [][]float64{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}
	winogradB = [][]float64{{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
		{0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}}
	winogradG = [][]float64{{1. / 4, 0, 0}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6},
		{1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}}
)

// fewestWinogradChannels is from how many channels on, of images and of dy, the
// gradient by tiles is the faster one on XLA's CPU backend (JAX 0.11.2): of fewer
// the transforms cost more than the products that they save.
const fewestWinogradChannels = 128

// hasTiledGradient tells whether tiledKernelGradient is a convolution's, and
// worth its while.
func (c Convolution) hasTiledGradient(x *graph.Node, kernel []int) bool {
	return x.DType() == dtypes.Float32 && kernel[0] == 3 && kernel[1] == 3 &&
		min(kernel[2], kernel[3]) >= fewestWinogradChannels
}

// tiledKernelGradient is the gradient with respect to a kernel [3, 3, in, out] by
// Winograd's method: for each tile of 4x4 results 36 products of each two
// channels, where there are 144 taps.
//
//	Gᵀ [sum over tiles of (Bᵀ images B) * (A dy Aᵀ)] G
//
// Each of the three transforms is one product with all tiles of a batch, which
// reads and writes them once. The transform of dy and the sum are exact but for
// rounding, which the matrices enlarge some tenfold.
func (c Convolution) tiledKernelGradient(x, dy *graph.Node, kernel []int) *graph.Node {
	products := graph.Dot(c.imageTiles(x, dy), gradientTiles(dy)).General([]int{1}, []int{0}, []int{1}, []int{0})
	return graph.Reshape(transformed(both(x.Graph(), winogradG, true), products), kernel...)
}

// imageTiles are the overlapping tiles of images, transformed: [36, tiles, in].
func (c Convolution) imageTiles(x, dy *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	n := tileCounts(dy)
	around := make([]compute.PadAxis, 4)
	for i, pad := range c.Pads {
		around[i+1] = compute.PadAxis{Start: pad[0], End: n[i]*winogradTile + 2 - pad[0] - d[i+1]}
	}
	x = graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), around...)
	var parts []*graph.Node
	for row := range winogradSpan {
		for column := range winogradSpan {
			part := graph.Slice(x, graph.AxisRange(),
				graph.AxisRange(row, row+(n[0]-1)*winogradTile+1).Stride(winogradTile),
				graph.AxisRange(column, column+(n[1]-1)*winogradTile+1).Stride(winogradTile))
			parts = append(parts, graph.Reshape(part, 1, -1, d[3]))
		}
	}
	return transformed(both(x.Graph(), winogradB, false), graph.Concatenate(parts, 0))
}

// gradientTiles are the tiles of dy, transformed: [36, tiles, out].
func gradientTiles(dy *graph.Node) *graph.Node {
	d, n := dy.Shape().Dimensions, tileCounts(dy)
	dy = graph.Pad(dy, graph.ScalarZero(dy.Graph(), dy.DType()), compute.PadAxis{},
		compute.PadAxis{End: n[0]*winogradTile - d[1]}, compute.PadAxis{End: n[1]*winogradTile - d[2]}, compute.PadAxis{})
	dy = graph.Reshape(dy, d[0], n[0], winogradTile, n[1], winogradTile, d[3])
	dy = graph.Reshape(graph.TransposeAllAxes(dy, 2, 4, 0, 1, 3, 5), winogradTile*winogradTile, -1, d[3])
	return transformed(both(dy.Graph(), winogradA, true), dy)
}

// tileCounts are how many tiles dy has along each spatial axis.
func tileCounts(dy *graph.Node) (n [2]int) {
	for i := range n {
		n[i] = (dy.Shape().Dimensions[i+1] + winogradTile - 1) / winogradTile
	}
	return n
}

// transformed multiplies a matrix by flattened tiles, [values, tiles, channels].
func transformed(matrix, tiles *graph.Node) *graph.Node {
	d := tiles.Shape().Dimensions
	y := graph.MatMul(matrix, graph.Reshape(tiles, d[0], -1))
	return graph.Reshape(y, matrix.Shape().Dimensions[0], d[1], d[2])
}

// both is what a matrix, or the transposed one, does along both axes of a
// flattened tile: its Kronecker product with itself.
func both(g *graph.Graph, matrix [][]float64, transposed bool) *graph.Node {
	rows, columns := len(matrix), len(matrix[0])
	values := make([]float32, rows*rows*columns*columns)
	for i := range rows * rows {
		for j := range columns * columns {
			at := i*columns*columns + j
			if transposed {
				at = j*rows*rows + i
			}
			values[at] = float32(matrix[i/rows][j/columns] * matrix[i%rows][j%columns])
		}
	}
	dims := []int{rows * rows, columns * columns}
	if transposed {
		slices.Reverse(dims)
	}
	return graph.ConstTensor(g, tensors.FromFlatDataAndDimensions(values, dims...))
}
