package xla

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// AddBias adds a vector along the last axis.
//
// In bfloat16 the vector's gradient is a sum of rounded values. XLA's CPU
// backend (JAX 0.11.2) prefers to sum the values from before the rounding, for
// which it computes them a second time, in one thread: a ninth of Model 1's
// step. It does not see through sumOfRounded.
func AddBias(x, bias *graph.Node) *graph.Node {
	if x.DType() != dtypes.BFloat16 || !OnCPU(x.Graph()) {
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

// sumOfRounded sums bfloat16 values over all axes but the last, in float32,
// whose upper half a bfloat16 is.
func sumOfRounded(x *graph.Node) *graph.Node {
	bits := graph.ConvertDType(graph.Bitcast(x, dtypes.Uint16), dtypes.Uint32)
	wide := graph.Bitcast(graph.BitwiseShiftLeftScalar(bits, uint32(16)), dtypes.Float32)
	return graph.ConvertDType(graph.ReduceSum(wide, allButLast(x)...), x.DType())
}
