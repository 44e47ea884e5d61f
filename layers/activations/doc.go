// Package activations has the activation functions of Keras 3
// (keras/src/activations) as GoMLX graph functions, with the parameters that
// their names in package layers fix to Keras' defaults. Compose them for a
// function of your own:
//
//	layers.RegisterActivation("mine>celu_half", func(_ *layers.Pass, x *graph.Node) *graph.Node {
//		return activations.Celu(x, 0.5)
//	})
//
// All take a float node of any shape and return one of its type and shape, but
// for [GLU], which halves an axis. At kinks the gradients are TensorFlow's.
// NaN stays NaN.
package activations

import "github.com/gomlx/gomlx/core/graph"

// scalar is a constant of x's type.
func scalar(x *graph.Node, v float64) *graph.Node { return graph.Scalar(x.Graph(), x.DType(), v) }

// above tells where x > v.
func above(x *graph.Node, v float64) *graph.Node { return graph.GreaterThan(x, scalar(x, v)) }

// below tells where x < v.
func below(x *graph.Node, v float64) *graph.Node { return graph.LessThan(x, scalar(x, v)) }

// filled has the shape of x and one value.
func filled(x *graph.Node, v float64) *graph.Node {
	return graph.BroadcastToShape(scalar(x, v), x.Shape())
}
