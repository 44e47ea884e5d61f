package activations

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// Elu is x where x > 0 and alpha*(exp(x)-1) elsewhere (Clevert et al., 2016,
// arXiv:1511.07289). Keras' default of alpha is 1.
func Elu(x *graph.Node, alpha float64) *graph.Node { return elu(x, above(x, 0), alpha) }

// elu is x where it is positive and alpha*(exp(x)-1) elsewhere.
func elu(x, positive *graph.Node, alpha float64) *graph.Node {
	return graph.Where(positive, x, graph.MulScalar(expMinus1(negative(x, positive)), alpha))
}

// negative is x where it is not positive and 0 elsewhere: exponents cut at 0
// overflow neither value nor gradient.
func negative(x, positive *graph.Node) *graph.Node {
	return graph.Where(positive, graph.ZerosLike(x), x)
}

// expMinus1 is exp(x)-1. GoMLX 0.28 has no gradient for its Expm1.
func expMinus1(x *graph.Node) *graph.Node { return graph.AddScalar(graph.Exp(x), -1.0) }

// Celu is x where x > 0 and alpha*(exp(x/alpha)-1) elsewhere (Barron, 2017,
// arXiv:1704.07483). Keras' default of alpha is 1. The gradient at 0 is 1;
// Keras on TensorFlow gives 2 there, because both of the two parts that it adds
// have gradient 1.
func Celu(x *graph.Node, alpha float64) *graph.Node {
	positive := above(x, 0)
	scaled := graph.DivScalar(negative(x, positive), alpha)
	return graph.Where(positive, x, graph.MulScalar(expMinus1(scaled), alpha))
}

// Parameters of Selu (Klambauer et al., 2017, arXiv:1706.02515).
const (
	SeluScale = 1.05070098735548049342
	SeluAlpha = 1.67326324235437728482
)

// Selu is SeluScale*Elu(x, SeluAlpha), but with gradient SeluScale at 0.
func Selu(x *graph.Node) *graph.Node {
	return graph.MulScalar(elu(x, graph.GreaterOrEqual(x, scalar(x, 0)), SeluAlpha), SeluScale)
}

// Softplus is log(exp(x)+1), without overflow.
func Softplus(x *graph.Node) *graph.Node {
	positive := above(x, 0)
	// -|x|, with a gradient at 0 that makes the sum's 1/2
	size := graph.Where(positive, graph.Neg(x), x)
	return graph.Add(graph.Where(positive, x, graph.ZerosLike(x)), graph.Log1P(graph.Exp(size)))
}

// LogSigmoid is log(1/(1+exp(-x))), without overflow.
func LogSigmoid(x *graph.Node) *graph.Node { return graph.Neg(Softplus(graph.Neg(x))) }

// Silu is x sigmoid(x), also called swish (Ramachandran et al., 2017,
// arXiv:1710.05941).
func Silu(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Sigmoid(x)) }

// Mish is x tanh(softplus(x)) (Misra, 2019, arXiv:1908.08681).
func Mish(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Tanh(Softplus(x))) }

// Gelu is x (1+erf(x/sqrt 2))/2 (Hendrycks et al., 2016, arXiv:1606.08415).
func Gelu(x *graph.Node) *graph.Node {
	return graph.Mul(graph.MulScalar(x, 0.5), graph.AddScalar(graph.Erf(graph.MulScalar(x, math.Sqrt2/2)), 1.0))
}

// GeluApproximate is the same paper's x (1+tanh(sqrt(2/pi) (x+0.044715 x³)))/2:
// Keras' gelu(x, approximate=True).
func GeluApproximate(x *graph.Node) *graph.Node {
	cube := graph.Mul(x, graph.Square(x))
	inner := graph.MulScalar(graph.Add(x, graph.MulScalar(cube, 0.044715)), math.Sqrt(2/math.Pi))
	return graph.Mul(graph.MulScalar(x, 0.5), graph.AddScalar(graph.Tanh(inner), 1.0))
}

// GLU is a sigmoid(b), where a and b are the halves of x along an axis, whose
// size must be even (Dauphin et al., 2017, arXiv:1612.08083). Keras' default is
// the last axis, -1.
func GLU(x *graph.Node, axis int) *graph.Node {
	halves := graph.Split(x, axis, 2)
	return graph.Mul(halves[0], graph.Sigmoid(halves[1]))
}
