package layers

import "github.com/gomlx/gomlx/core/graph"

// withGradient returns f(x), whose gradient with respect to x is not derived
// from f but is gradient(x, dy), dy being the gradient with respect to f(x). It
// must be of x's shape.
//
// GoMLX 0.28 lets only an identity have a gradient of one's own. So there is one
// behind f, which takes note of dy, and one before it, which the reverse sweep
// reaches later and which answers with the gradient; what the sweep derived from
// f in between is used by nobody, and the compiler drops it.
func withGradient(x *graph.Node, f func(x *graph.Node) *graph.Node, gradient func(x, dy *graph.Node) *graph.Node) *graph.Node {
	var dy *graph.Node
	x = graph.IdentityWithCustomGradient(x, func(x, _ *graph.Node) *graph.Node { return gradient(x, dy) })
	return graph.IdentityWithCustomGradient(f(x), func(_, v *graph.Node) *graph.Node {
		dy = v
		return v
	})
}
