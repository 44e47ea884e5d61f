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
// From f itself the sweep derives nothing, since f may have no gradient that
// GoMLX knows. It gets past f on a way that no value takes: see reaches.
func withGradients(in []*graph.Node, f func(in []*graph.Node) *graph.Node,
	gradient func(i int, dy *graph.Node) *graph.Node) *graph.Node {
	var dy *graph.Node
	in = slices.Clone(in)
	for i, x := range in {
		in[i] = graph.IdentityWithCustomGradient(x, func(_, _ *graph.Node) *graph.Node { return gradient(i, dy) })
	}
	y := graph.StopGradient(f(in))
	for _, x := range in {
		y = reaches(y, x)
	}
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		dy = v
		return v
	})
}

// reaches is y, from which the reverse sweep reaches x: the compiler sees that
// the condition never holds, and drops it.
func reaches(y, x *graph.Node) *graph.Node {
	first := make([]graph.SliceAxisSpec, x.Rank())
	for i := range first {
		first[i] = graph.AxisRange(0, 1)
	}
	value := x
	if x.Rank() > 0 {
		value = graph.Reshape(graph.Slice(x, first...))
	}
	never := graph.Const(y.Graph(), false)
	return graph.Where(never, graph.ConvertDType(value, y.DType()), y)
}

// withGradient is withGradients of one value; gradient is a function of dy.
func withGradient(x *graph.Node, f, gradient func(*graph.Node) *graph.Node) *graph.Node {
	return withGradients([]*graph.Node{x}, func(in []*graph.Node) *graph.Node { return f(in[0]) },
		func(_ int, dy *graph.Node) *graph.Node { return gradient(dy) })
}
