package activations

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// ReLU is max(x, 0), with gradient 0 at 0.
func ReLU(x *graph.Node) *graph.Node { return LeakyReLU(x, 0) }

// LeakyReLU is x where x > 0 and slope*x elsewhere, with gradient slope at 0.
// Keras' default for the function is 0.2, for the layer 0.3.
func LeakyReLU(x *graph.Node, slope float64) *graph.Node {
	if slope != 0 {
		return graph.Where(above(x, 0), x, graph.MulScalar(x, slope))
	}
	// The comparison is written so that NaN stays NaN.
	return graph.Where(graph.LessOrEqual(x, scalar(x, 0)), graph.ZerosLike(x), x)
}

// ReLU6 is min(max(x, 0), 6), with gradient 0 at 0 and at 6.
func ReLU6(x *graph.Node) *graph.Node { return capAt(ReLU(x), 6) }

// Rectify is Keras' relu with its three knobs; limit +Inf is none:
//
//	limit                if x > limit
//	x                    if x > threshold
//	slope*(x-threshold)  otherwise
//
// The gradient is that of the side below at 0 and at the threshold, but 0 where
// a slope is combined with a limit or a threshold, and 1 at the limit unless
// this is Relu6.
func Rectify(x *graph.Node, slope, limit, threshold float64) *graph.Node {
	y := x
	switch {
	case threshold != 0:
		y = Threshold(x, threshold, 0)
	case math.IsInf(limit, 1):
		return LeakyReLU(x, slope)
	case limit == 6:
		y = ReLU6(x)
	default:
		y = ReLU(x)
	}
	if !math.IsInf(limit, 1) {
		y = graph.Where(above(y, limit), filled(y, limit), y)
	}
	if slope != 0 {
		negative := ReLU(graph.AddScalar(graph.Neg(x), threshold))
		y = graph.Sub(y, graph.MulScalar(negative, slope))
	}
	return y
}

// capAt is min(x, limit) with gradient 0 from the limit on.
func capAt(x *graph.Node, limit float64) *graph.Node {
	return graph.Where(graph.GreaterOrEqual(x, scalar(x, limit)), filled(x, limit), x)
}

// HardSigmoid is min(max(x+3, 0), 6)/6, with gradient 0 at -3 and 3.
func HardSigmoid(x *graph.Node) *graph.Node {
	return graph.DivScalar(ReLU6(graph.AddScalar(x, 3.0)), 6.0)
}

// HardSilu is x HardSigmoid(x), also called hard swish (Howard et al., 2019,
// arXiv:1905.02244).
func HardSilu(x *graph.Node) *graph.Node { return graph.Mul(x, HardSigmoid(x)) }

// HardTanh is x cut at -1 and 1, with gradient 1 at both.
func HardTanh(x *graph.Node) *graph.Node {
	x = graph.Where(below(x, -1), filled(x, -1), x)
	return graph.Where(above(x, 1), filled(x, 1), x)
}
