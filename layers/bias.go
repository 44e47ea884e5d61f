package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// addBias adds a vector along the last axis.
//
// In bfloat16 the vector's gradient is a sum of what is rounded already. XLA's
// CPU backend would rather sum what was there before the rounding, and compute
// it a second time for that, in one thread: a ninth of Model 1's step. It does
// not see through sumOfRounded.
func addBias(x, bias *graph.Node) *graph.Node {
	if x.DType() != dtypes.BFloat16 || !onCPU(x.Graph()) {
		return graph.Add(x, graph.ExpandLeftToRank(bias, x.Rank()))
	}
	return withGradients([]*graph.Node{x, bias}, func(in []*graph.Node) *graph.Node {
		return graph.Add(in[0], graph.ExpandLeftToRank(in[1], x.Rank()))
	}, func(i int, dy *graph.Node) *graph.Node {
		if i == 0 {
			return dy
		}
		return sumOfRounded(dy)
	})
}

// sumOfRounded sums a bfloat16 over all axes but the last, in float32, whose
// upper half a bfloat16 is.
func sumOfRounded(x *graph.Node) *graph.Node {
	bits := graph.ConvertDType(graph.Bitcast(x, dtypes.Uint16), dtypes.Uint32)
	wide := graph.Bitcast(graph.BitwiseShiftLeftScalar(bits, uint32(16)), dtypes.Float32)
	return graph.ConvertDType(graph.ReduceSum(wide, allButLast(x)...), x.DType())
}

func allButLast(x *graph.Node) []int {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i
	}
	return axes
}
