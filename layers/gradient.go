package layers

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// withGradients returns f of in, whose gradient with respect to in[i] is not
// derived from f but is gradient(i, dy), dy being the gradient with respect to
// f's result. It must be of in[i]'s shape.
//
// GoMLX 0.28 lets only an identity have a gradient of one's own. So there is one
// behind f, which takes note of dy, and one before each value, which the reverse
// sweep reaches later and which answers with the gradient; what the sweep derived
// from f in between is used by nobody, and the compiler drops it.
func withGradients(in []*graph.Node, f func(in []*graph.Node) *graph.Node, gradient func(i int, dy *graph.Node) *graph.Node) *graph.Node {
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

// withGradient is withGradients of one value.
func withGradient(x *graph.Node, f func(x *graph.Node) *graph.Node, gradient func(x, dy *graph.Node) *graph.Node) *graph.Node {
	return withGradients([]*graph.Node{x}, func(in []*graph.Node) *graph.Node { return f(in[0]) },
		func(_ int, dy *graph.Node) *graph.Node { return gradient(x, dy) })
}
