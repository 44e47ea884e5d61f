package xla

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// withGradients returns f of in. The gradient with respect to in[i] is not
// derived from f but is gradient(i, dy), where dy is the gradient with respect
// to f's result. It must have in[i]'s shape.
//
// GoMLX 0.28 lets only an identity have a gradient of one's own. So one
// identity stands behind f and notes dy, and one stands before each value. The
// reverse sweep reaches the latter last, and they answer with the gradient.
// Nobody reads what the sweep derived from f in between, so the compiler drops
// it.
func withGradients(in []*graph.Node, f func(in []*graph.Node) *graph.Node,
	gradient func(i int, dy *graph.Node) *graph.Node) *graph.Node {
	var dy *graph.Node
	in = slices.Clone(in)
	for i, x := range in {
		in[i] = graph.IdentityWithCustomGradient(x, func(_, _ *graph.Node) *graph.Node { return gradient(i, dy) })
	}
	return graph.IdentityWithCustomGradient(f(in), func(_, v *graph.Node) *graph.Node {
		dy = v
		return v
	})
}

// withGradient is withGradients of one value; gradient is a function of dy.
func withGradient(x *graph.Node, f, gradient func(*graph.Node) *graph.Node) *graph.Node {
	return withGradients([]*graph.Node{x}, func(in []*graph.Node) *graph.Node { return f(in[0]) },
		func(_ int, dy *graph.Node) *graph.Node { return gradient(dy) })
}
