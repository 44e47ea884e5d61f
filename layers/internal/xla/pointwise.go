package xla

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// InFloat32 is f of x, of x's type. For a bfloat16 x, f is computed in float32
// and its result rounded once: XLA's CPU backend (JAX 0.11.2) has no vector
// instructions for bfloat16's comparisons and selections, and it would round
// after every operation. In a chain of layers it now rounds after the last one
// only.
func InFloat32(x *graph.Node, f func(x *graph.Node) *graph.Node) *graph.Node {
	if x.DType() != dtypes.BFloat16 {
		return f(x)
	}
	return graph.ConvertDType(f(graph.ConvertDType(x, dtypes.Float32)), dtypes.BFloat16)
}

// rowsChannels is the number of channels from which on XLA's CPU backend
// computes a bfloat16 image's values in the order of memory.
const rowsChannels = 32

// Pointwise is InFloat32 of a function of each value by itself. The second
// result has the same values for a convolution to read, computed from each
// example as one row; it is nil where that helps nobody.
//
// LLVM makes vectors across the pixels of an image with few channels, gathered
// and scattered value by value, which takes five times as long as rows (JAX
// 0.11.2). Other readers, a pool above all, should read the first result: XLA
// computes it within the reader's own loop. A result that nobody reads is not
// computed.
func Pointwise(x *graph.Node, f func(x *graph.Node) *graph.Node) (y, forConvolution *graph.Node) {
	y = InFloat32(x, f)
	d := x.Shape().Dimensions
	if x.DType() == dtypes.BFloat16 && OnCPU(x.Graph()) && len(d) == 4 && d[3] < rowsChannels {
		forConvolution = graph.Reshape(InFloat32(graph.Reshape(x, d[0], -1), f), d...)
	}
	return y, forConvolution
}
