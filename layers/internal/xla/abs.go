package xla

import "github.com/gomlx/gomlx/core/graph"

// Abs is |x|, with gradient 0 at 0, as TensorFlow and JAX have it. The gradient
// of GoMLX 0.28.5's own is 1 there.
func Abs(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Sign(x)) }
