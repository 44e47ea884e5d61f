package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// product multiplies the last axis of x by the kernel.
//
// In bfloat16 on a CPU GoMLX 0.28 does three things that keep XLA from handing
// the products to oneDNN or cost more than they do: it computes both gradients
// in float32, it asks for an accumulation in float32, which oneDNN has in any
// case, and where that is asked for it adds to the kernel a zero that depends on
// x, so that the kernel is rounded anew for every product.
func product(x, kernel *graph.Node) *graph.Node {
	if x.DType() != dtypes.BFloat16 || !onCPU(x.Graph()) {
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
