package xla

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Materialize is x, bit for bit, and so is its gradient. On XLA's CPU backend
// (JAX 0.11.2) a float32 or uint8 x is computed once, into memory of its own.
// Left to itself, XLA computes what it considers cheap anew wherever it is
// read: a Dropout's random numbers once for each tap of the pool behind it,
// pixel by pixel, and once more in the gradient, where each pixel of a tile
// looks for the tile's maximum.
//
// XLA does not duplicate a division, so divide by a hidden 1. XLA does not see
// the 1, because it does not add up shifts. LLVM, which runs after XLA, sees it
// and removes every instruction.
func Materialize(x *graph.Node) *graph.Node {
	if !OnCPU(x.Graph()) || x.DType() != dtypes.Float32 && x.DType() != dtypes.Uint8 {
		return x
	}
	return withGradient(x, func(x *graph.Node) *graph.Node {
		return graph.Div(x, graph.StopGradient(hiddenOne(x)))
	}, func(dy *graph.Node) *graph.Node { return dy })
}

// hiddenOne is 1 for each value of x, computed from its bits.
func hiddenOne(x *graph.Node) *graph.Node {
	var zero *graph.Node
	if x.DType() == dtypes.Float32 {
		zero = shiftedOut(graph.Bitcast(x, dtypes.Uint32), uint32(16))
	} else {
		zero = shiftedOut(x, uint8(4))
	}
	return graph.AddScalar(graph.ConvertDType(zero, x.DType()), 1)
}

// shiftedOut is 0: two shifts by half of x's bits leave none.
func shiftedOut[T uint8 | uint32](x *graph.Node, half T) *graph.Node {
	return graph.BitwiseShiftRightLogicalScalar(graph.BitwiseShiftRightLogicalScalar(x, half), half)
}
