package xla

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Product multiplies the last axis of x by the kernel [in, out].
//
// In bfloat16 GoMLX 0.28 does three things that cost more than the products or
// keep XLA's CPU backend from handing them to oneDNN: it computes both
// gradients in float32; it asks for an accumulation in float32, which oneDNN
// has in any case; and where it asks for that, it adds to the kernel a zero
// that depends on x, so that the kernel is rounded anew for every product.
func Product(x, kernel *graph.Node) *graph.Node {
	if x.DType() != dtypes.BFloat16 || !OnCPU(x.Graph()) {
		return graph.Dot(x, kernel).General([]int{x.Rank() - 1}, nil, []int{0}, nil)
	}
	last, others := []int{x.Rank() - 1}, allButLast(x)
	dot := func(a *graph.Node, axesA []int, b *graph.Node, axesB []int) *graph.Node {
		return graph.Dot(a, b).WithAccumulatorDType(dtypes.BFloat16).General(axesA, nil, axesB, nil)
	}
	return withGradients([]*graph.Node{x, kernel}, func(in []*graph.Node) *graph.Node {
		return dot(in[0], last, in[1], []int{0})
	}, func(i int, dy *graph.Node) *graph.Node {
		if i == 0 {
			return dot(dy, last, kernel, []int{1})
		}
		return dot(x, others, dy, others)
	})
}

// allButLast lists all axes of x but the last.
func allButLast(x *graph.Node) []int {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i
	}
	return axes
}
