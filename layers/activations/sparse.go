package activations

import (
	"github.com/gomlx/gomlx/core/graph"
)

// SparseSigmoid is (x+1)/2 cut at 0 and 1 (Blondel et al., 2019,
// arXiv:1901.02324).
func SparseSigmoid(x *graph.Node) *graph.Node {
	inner := graph.MulScalar(graph.AddScalar(x, 1.0), 0.5)
	return between(x, graph.ZerosLike(x), inner, filled(x, 1))
}

// SparsePlus is 0 up to -1, (x+1)²/4 up to 1, and x from there on.
func SparsePlus(x *graph.Node) *graph.Node {
	inner := graph.MulScalar(graph.Square(graph.AddScalar(x, 1.0)), 0.25)
	return between(x, graph.ZerosLike(x), inner, x)
}

// between chooses by whether x is at most -1, in between, or at least 1.
func between(x, low, middle, high *graph.Node) *graph.Node {
	y := graph.Where(graph.LessOrEqual(x, scalar(x, -1)), low, middle)
	return graph.Where(graph.GreaterOrEqual(x, scalar(x, 1)), high, y)
}

// Sparsemax is max(x-t, 0) with the t for which an axis sums to 1 (Martins et
// al., 2016, arXiv:1602.02068). Its memory grows with the square of the axis'
// size. Keras' default is the last axis, -1. Keras 3.15.1 computes another t
// where more than one value is above it (its issue 23425, mended since).
//
// Values above t are the support. The k-th largest value belongs to it if
// 1 + k*value is above the sum of the k largest. Instead of sorting, each value
// is compared with every other: k is the number of values that are not smaller.
func Sparsemax(x *graph.Node, axis int) *graph.Node {
	if axis < 0 {
		axis += x.Rank()
	}
	each, other := graph.InsertAxes(x, axis+1), graph.InsertAxes(x, axis)
	notSmaller := graph.ConvertDType(graph.GreaterOrEqual(other, each), x.DType())
	count := graph.ReduceSum(notSmaller, axis+1)
	total := graph.ReduceSum(graph.Mul(notSmaller, other), axis+1)
	in := graph.GreaterThan(graph.AddScalar(graph.Mul(count, x), 1.0), total)
	support := graph.StopGradient(graph.ConvertDType(in, x.DType()))
	sum := func(x *graph.Node) *graph.Node { return graph.ReduceAndKeep(x, graph.ReduceSum, axis) }
	t := graph.Div(graph.AddScalar(sum(graph.Mul(support, x)), -1.0), sum(support))
	return ReLU(graph.Sub(x, t))
}
