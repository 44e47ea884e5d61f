package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// ActivationFunc is the name of an activation function, as Keras writes it in
// configurations. Conv2D and Dense take one as an option; [Activation] makes
// it a layer.
type ActivationFunc string

// The activation functions. Their gradients at the kinks are TensorFlow's:
// 0 for Relu and Relu6 at 0.
const (
	Linear       ActivationFunc = "linear"       // x
	Relu         ActivationFunc = "relu"         // max(x, 0)
	Relu6        ActivationFunc = "relu6"        // min(max(x, 0), 6)
	LeakyRelu    ActivationFunc = "leaky_relu"   // x if x > 0, else 0.2 x
	Sigmoid      ActivationFunc = "sigmoid"      // 1/(1+exp(-x))
	HardSigmoid  ActivationFunc = "hard_sigmoid" // min(max(x/6+1/2, 0), 1)
	Tanh         ActivationFunc = "tanh"
	Softmax      ActivationFunc = "softmax"     // exp(x)/sum(exp(x)) over the last axis
	LogSoftmax   ActivationFunc = "log_softmax" // log(softmax(x))
	Softplus     ActivationFunc = "softplus"    // log(exp(x)+1)
	Softsign     ActivationFunc = "softsign"    // x/(|x|+1)
	Silu         ActivationFunc = "silu"        // x sigmoid(x)
	Elu          ActivationFunc = "elu"         // x if x > 0, else exp(x)-1
	Selu         ActivationFunc = "selu"        // 1.0507… elu(x), with alpha 1.6732…
	Gelu         ActivationFunc = "gelu"        // x (1+erf(x/sqrt 2))/2
	Exponential  ActivationFunc = "exponential" // exp(x)
	seluScale                   = 1.05070098735548049342
	seluAlpha                   = 1.67326324235437728482
	leakySlopeTF                = 0.2 // of keras.activations.leaky_relu; the layer's is 0.3
)

// activationFuncs lists the functions that activate knows.
var activationFuncs = []ActivationFunc{Linear, Relu, Relu6, LeakyRelu, Sigmoid, HardSigmoid, Tanh, Softmax,
	LogSoftmax, Softplus, Softsign, Silu, Elu, Selu, Gelu, Exponential}

// check returns an error unless the function is known.
func (f ActivationFunc) check() error {
	if !slices.Contains(activationFuncs, f) {
		return fmt.Errorf("unknown activation %q: known are %v", string(f), activationFuncs)
	}
	return nil
}

// Activate applies an activation function and remembers the logits of a
// softmax.
func (c *Pass) Activate(f ActivationFunc, x *graph.Node) *graph.Node {
	switch f {
	case Linear:
		return x
	case Softmax:
		return c.Softmax(x, -1)
	case LogSoftmax:
		return xla.InFloat32(x, f.of)
	}
	return c.Pointwise(x, f.of)
}

// Pointwise applies a function of each value by itself, and remembers what a
// convolution should read instead of the result.
func (c *Pass) Pointwise(x *graph.Node, f func(x *graph.Node) *graph.Node) *graph.Node {
	y, forConvolution := xla.Pointwise(x, f)
	if forConvolution != nil {
		c.rows[y] = forConvolution
	}
	return y
}

// ForConvolution is the result of an activation as a convolution should read it.
func (c *Pass) ForConvolution(x *graph.Node) *graph.Node {
	if y := c.rows[x]; y != nil {
		return y
	}
	return x
}

// of applies any function but Linear and Softmax.
func (f ActivationFunc) of(x *graph.Node) *graph.Node {
	switch f {
	case Relu:
		return rectify(x, 0)
	case Relu6:
		return capAt(rectify(x, 0), 6)
	case LeakyRelu:
		return rectify(x, leakySlopeTF)
	case Sigmoid:
		return graph.Sigmoid(x)
	case HardSigmoid:
		return capAt(rectify(graph.AddScalar(graph.DivScalar(x, 6.0), 0.5), 0), 1)
	case Tanh:
		return graph.Tanh(x)
	case LogSoftmax:
		return graph.LogSoftmax(x)
	case Softplus:
		return softplus(x)
	case Softsign:
		return graph.Div(x, graph.AddScalar(graph.Abs(x), 1.0))
	case Silu:
		return graph.Mul(x, graph.Sigmoid(x))
	case Elu:
		return elu(x, 1)
	case Selu:
		return graph.MulScalar(elu(x, seluAlpha), seluScale)
	case Gelu:
		return graph.Mul(graph.MulScalar(x, 0.5), graph.AddScalar(graph.Erf(graph.MulScalar(x, 0.70710678118654752440)), 1.0))
	case Exponential:
		return graph.Exp(x)
	}
	panic(f.check())
}

// Softmax is exp(x)/sum(exp(x)) over one axis. In a layer that computes in
// bfloat16 it is computed in float32: it costs nothing, and GoMLX's Go backend
// has no other.
func (c *Pass) Softmax(x *graph.Node, axis int) *graph.Node {
	if c.mixed {
		x = c.as(x, dtypes.Float32)
	}
	y := graph.Softmax(x, axis)
	if axis == -1 || axis == x.Rank()-1 {
		c.logits[y] = x
	}
	return y
}

// rectify is x where x > 0 and slope*x elsewhere. The gradient at 0 is slope,
// as TensorFlow has it; GoMLX's own activations give 1 there. The comparison
// is written so that NaN stays NaN.
func rectify(x *graph.Node, slope float64) *graph.Node {
	zero := graph.ScalarZero(x.Graph(), x.DType())
	below := graph.ZerosLike(x)
	if slope != 0 {
		below = graph.MulScalar(x, slope)
		return graph.Where(graph.GreaterThan(x, zero), x, below)
	}
	return graph.Where(graph.LessOrEqual(x, zero), below, x)
}

// capAt is min(x, limit) with gradient 0 from the limit on.
func capAt(x *graph.Node, limit float64) *graph.Node {
	top := graph.Scalar(x.Graph(), x.DType(), limit)
	return graph.Where(graph.GreaterOrEqual(x, top), graph.BroadcastToShape(top, x.Shape()), x)
}

// softplus is log(exp(x)+1) without overflow: max(x, 0) + log1p(exp(-|x|)).
func softplus(x *graph.Node) *graph.Node {
	return graph.Add(graph.MaxScalar(x, 0.0), graph.Log1P(graph.Exp(graph.Neg(graph.Abs(x)))))
}

// elu is x where x > 0 and alpha*(exp(x)-1) elsewhere; the exponent is cut at
// 0 so that large x overflow neither value nor gradient.
func elu(x *graph.Node, alpha float64) *graph.Node {
	zero := graph.ScalarZero(x.Graph(), x.DType())
	positive := graph.GreaterThan(x, zero)
	negative := graph.Where(positive, graph.ZerosLike(x), x)
	return graph.Where(positive, x, graph.MulScalar(graph.AddScalar(graph.Exp(negative), -1.0), alpha))
}
