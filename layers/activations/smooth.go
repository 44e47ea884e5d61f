package activations

import "github.com/gomlx/gomlx/core/graph"

// Softsign is x/(|x|+1).
func Softsign(x *graph.Node) *graph.Node {
	return graph.Div(x, graph.AddScalar(graph.Abs(x), 1.0))
}

// Squareplus is (x+sqrt(x²+b))/2 (Barron, 2021, arXiv:2112.11687). Keras'
// default of b is 4.
func Squareplus(x *graph.Node, b float64) *graph.Node {
	return graph.MulScalar(graph.Add(x, graph.Sqrt(graph.AddScalar(graph.Square(x), b))), 0.5)
}

// TanhShrink is x-tanh(x).
func TanhShrink(x *graph.Node) *graph.Node { return graph.Sub(x, graph.Tanh(x)) }

// SoftShrink brings x nearer to 0 by the threshold, to 0 where it is nearer
// than that. Keras' default of the threshold is 0.5.
func SoftShrink(x *graph.Node, threshold float64) *graph.Node {
	lower := graph.Where(below(x, -threshold), graph.AddScalar(x, threshold), zeroOrNaN(x))
	return graph.Where(above(x, threshold), graph.AddScalar(x, -threshold), lower)
}

// HardShrink is x where |x| > threshold and 0 elsewhere. Keras' default of the
// threshold is 0.5.
func HardShrink(x *graph.Node, threshold float64) *graph.Node {
	return graph.Where(graph.LessOrEqual(graph.Abs(x), scalar(x, threshold)), graph.ZerosLike(x), x)
}

// Threshold is x where x > threshold and otherwise elsewhere.
func Threshold(x *graph.Node, threshold, otherwise float64) *graph.Node {
	return graph.Where(graph.LessOrEqual(x, scalar(x, threshold)), filled(x, otherwise), x)
}

// zeroOrNaN is 0 with gradient 0, or NaN where x is NaN.
func zeroOrNaN(x *graph.Node) *graph.Node {
	return graph.Where(graph.Equal(x, x), graph.ZerosLike(x), x)
}
