package layers

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// ActivationFunc is the name of an activation function, as Keras writes it in
// configurations. Convolutions and Dense take one as an option; [Activation]
// makes it a layer. [RegisterActivation] adds one's own; package activations
// has the functions with their parameters.
type ActivationFunc string

// The activation functions of Keras 3, but for threshold, which has no default
// parameters. Their gradients at the kinks are TensorFlow's: 0 for Relu and
// Relu6 at 0.
const (
	Linear        ActivationFunc = "linear"         // x
	Relu          ActivationFunc = "relu"           // max(x, 0)
	Relu6         ActivationFunc = "relu6"          // min(max(x, 0), 6)
	LeakyRelu     ActivationFunc = "leaky_relu"     // x if x > 0, else 0.2 x; the layer has 0.3
	Sigmoid       ActivationFunc = "sigmoid"        // 1/(1+exp(-x))
	HardSigmoid   ActivationFunc = "hard_sigmoid"   // min(max(x+3, 0), 6)/6
	LogSigmoid    ActivationFunc = "log_sigmoid"    // log(sigmoid(x))
	SparseSigmoid ActivationFunc = "sparse_sigmoid" // (x+1)/2 cut at 0 and 1
	Tanh          ActivationFunc = "tanh"
	HardTanh      ActivationFunc = "hard_tanh"   // x cut at -1 and 1
	TanhShrink    ActivationFunc = "tanh_shrink" // x-tanh(x)
	SoftShrink    ActivationFunc = "soft_shrink" // x brought nearer to 0 by 0.5
	HardShrink    ActivationFunc = "hard_shrink" // x if |x| > 0.5, else 0
	Softmax       ActivationFunc = "softmax"     // exp(x)/sum(exp(x)) over the last axis
	LogSoftmax    ActivationFunc = "log_softmax" // log(softmax(x))
	Sparsemax     ActivationFunc = "sparsemax"   // max(x-t, 0), 1 in sum over the last axis; see package activations
	Softplus      ActivationFunc = "softplus"    // log(exp(x)+1)
	Squareplus    ActivationFunc = "squareplus"  // (x+sqrt(x²+4))/2
	SparsePlus    ActivationFunc = "sparse_plus" // 0, (x+1)²/4 between -1 and 1, x
	Softsign      ActivationFunc = "softsign"    // x/(|x|+1)
	Silu          ActivationFunc = "silu"        // x sigmoid(x)
	Swish                        = Silu
	HardSilu      ActivationFunc = "hard_silu" // x hard_sigmoid(x)
	HardSwish                    = HardSilu
	Mish          ActivationFunc = "mish"        // x tanh(softplus(x))
	Elu           ActivationFunc = "elu"         // x if x > 0, else exp(x)-1
	Selu          ActivationFunc = "selu"        // 1.0507… elu(x), with alpha 1.6732…
	Celu          ActivationFunc = "celu"        // elu
	Gelu          ActivationFunc = "gelu"        // x (1+erf(x/sqrt 2))/2
	Glu           ActivationFunc = "glu"         // first half of the last axis times sigmoid of the second
	Exponential   ActivationFunc = "exponential" // exp(x)

	// GeluApproximate is gelu with a hyperbolic tangent. Keras has no name for
	// it. KerasHub registers it by this one; elsewhere Keras reads a file with it
	// if a function is registered as gelu_approximate of package keras_hub.
	GeluApproximate ActivationFunc = "keras_hub>gelu_approximate"
)

// activation adds a function to the graph of a pass.
type activation = func(p *Pass, x *graph.Node) *graph.Node

var activationFuncs = registry[activation]{kind: "activation"}

// RegisterActivation makes a function of one's own an activation of that name,
// with the name of a package in front: layers that have it can be saved, and
// files with it load. Its result has the shape of x. [Pass.Pointwise] is for
// functions of each value by itself:
//
//	layers.RegisterActivation("mine>cube", func(p *layers.Pass, x *graph.Node) *graph.Node {
//		return p.Pointwise(x, func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Square(x)) })
//	})
//	layers.Dense(10).Activation("mine>cube")
//
// Keras reads such files if a Python function is registered under the same
// name. A second registration of a name follows the rule of [RegisterLayer].
func RegisterActivation(name string, f func(p *Pass, x *graph.Node) *graph.Node) {
	activationFuncs.add(name, ownerOf(f), func(*Settings) activation { return f })
}

func init() {
	for name, f := range pointwiseFuncs {
		RegisterActivation(string(name), func(p *Pass, x *graph.Node) *graph.Node { return p.Pointwise(x, f) })
	}
	RegisterActivation(string(Linear), func(_ *Pass, x *graph.Node) *graph.Node { return x })
	RegisterActivation(string(Softmax), func(p *Pass, x *graph.Node) *graph.Node { return p.Softmax(x, -1) })
	for name, f := range map[ActivationFunc]func(*graph.Node) *graph.Node{
		LogSoftmax: func(x *graph.Node) *graph.Node { return graph.LogSoftmax(x) },
		Sparsemax:  func(x *graph.Node) *graph.Node { return activations.Sparsemax(x, -1) },
		Glu:        func(x *graph.Node) *graph.Node { return activations.GLU(x, -1) },
	} {
		RegisterActivation(string(name), func(_ *Pass, x *graph.Node) *graph.Node { return xla.InFloat32(x, f) })
	}
}

// pointwiseFuncs are the functions of each value by itself, with Keras' default
// parameters.
var pointwiseFuncs = map[ActivationFunc]func(*graph.Node) *graph.Node{
	Relu: activations.ReLU, Relu6: activations.ReLU6, LeakyRelu: with(activations.LeakyReLU, 0.2),
	Sigmoid: graph.Sigmoid, HardSigmoid: activations.HardSigmoid, LogSigmoid: activations.LogSigmoid,
	SparseSigmoid: activations.SparseSigmoid,
	Tanh:          graph.Tanh, HardTanh: activations.HardTanh, TanhShrink: activations.TanhShrink,
	SoftShrink: with(activations.SoftShrink, 0.5), HardShrink: with(activations.HardShrink, 0.5),
	Softplus: activations.Softplus, Squareplus: with(activations.Squareplus, 4), SparsePlus: activations.SparsePlus,
	Softsign: activations.Softsign, Silu: activations.Silu, HardSilu: activations.HardSilu, Mish: activations.Mish,
	Elu: with(activations.Elu, 1), Selu: activations.Selu, Celu: with(activations.Celu, 1),
	Gelu: activations.Gelu, GeluApproximate: activations.GeluApproximate, Exponential: graph.Exp,
}

// with fixes a function's parameter.
func with(f func(*graph.Node, float64) *graph.Node, parameter float64) func(*graph.Node) *graph.Node {
	return func(x *graph.Node) *graph.Node { return f(x, parameter) }
}

// check returns an error unless the function is known.
func (f ActivationFunc) check() error {
	_, err := activationFuncs.find(string(f))
	return err
}

// OutputShape is the shape of the result for an input: the same but for Glu,
// which halves the last axis.
func (f ActivationFunc) OutputShape(in Shape) (Shape, error) {
	if f != Glu {
		return in, nil
	}
	if len(in) < 1 || in[len(in)-1]%2 != 0 {
		return nil, fmt.Errorf("activation glu wants an even size of the last axis, got %v", in)
	}
	out := in.Clone()
	out[len(out)-1] /= 2
	return out, nil
}

// ActivationConfig is how a layer's Config holds an activation function, as
// Keras' serialize does: its name, or for one's own an object.
// [Settings.Activation] reads it.
func ActivationConfig(f ActivationFunc) any {
	if strings.Contains(string(f), ">") {
		return map[string]any{"module": "builtins", "class_name": "function", "config": string(f),
			"registered_name": "function"}
	}
	return string(f)
}

// activationAliases are names that Keras reads but does not write.
var activationAliases = map[string]ActivationFunc{"swish": Swish, "hard_swish": HardSwish}

// Activation reads the name of an activation function, which Keras also writes
// as an object.
func (s *Settings) Activation(key string, otherwise ActivationFunc) ActivationFunc {
	v := s.Take(key)
	if v == nil {
		return otherwise
	}
	name, config, err := savedClass(v)
	if err != nil || config != nil {
		s.Fail("%s wants the name of a function, got %v", key, v)
	}
	if f, ok := activationAliases[name]; ok {
		return f
	}
	return ActivationFunc(name)
}

// Activate applies an activation function and remembers the logits of a
// softmax or sigmoid.
func (c *Pass) Activate(f ActivationFunc, x *graph.Node) *graph.Node {
	find, err := activationFuncs.find(string(f))
	if err != nil {
		panic(err)
	}
	y := find(nil)(c, x)
	if f == Sigmoid {
		c.logits[y] = x
	}
	return y
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

// Softmax is exp(x)/sum(exp(x)) over one axis, or several together. In a layer
// that computes in bfloat16 it is computed in float32: it costs nothing, and
// GoMLX's Go backend has no other.
func (c *Pass) Softmax(x *graph.Node, axes ...int) *graph.Node {
	if c.mixed {
		x = c.as(x, dtypes.Float32)
	}
	y := graph.Softmax(x, axes...)
	if len(axes) == 1 && (axes[0] == -1 || axes[0] == x.Rank()-1) {
		c.logits[y] = x
	}
	return y
}
