package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// computedOnce is x, bit for bit, and so is its gradient. On XLA's CPU backend a
// float32 or uint8 x gets a loop and memory of its own. Left to itself, XLA
// computes what it takes as cheap anew wherever it is read: a Dropout's random
// numbers for each tap of the pool behind it, pixel by pixel, and once more in
// the gradient, where each pixel of a tile looks for the tile's maximum.
//
// A division it takes as dear. This one is by one, written so that XLA does not
// see it (it adds up no shifts) and LLVM, which comes after it, does: no
// instruction of it is left.
func computedOnce(x *graph.Node) *graph.Node {
	if !onCPU(x.Graph()) || x.DType() != dtypes.Float32 && x.DType() != dtypes.Uint8 {
		return x
	}
	return withGradient(x, func(x *graph.Node) *graph.Node {
		return graph.Div(x, graph.StopGradient(hiddenOne(x)))
	}, func(_, dy *graph.Node) *graph.Node { return dy })
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

// shiftedOut is 0: twice half of x's bits are shifted out.
func shiftedOut[T uint8 | uint32](x *graph.Node, half T) *graph.Node {
	return graph.BitwiseShiftRightLogicalScalar(graph.BitwiseShiftRightLogicalScalar(x, half), half)
}
