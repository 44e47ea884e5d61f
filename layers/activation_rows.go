package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// rowsChannels is the number of channels from which on XLA's CPU backend computes
// a bfloat16 image's values in the order of memory.
const rowsChannels = 32

// pointwise is inFloat32 of a function of each value by itself. For a
// convolution that reads it there is a second result, the same values computed
// from each example as one row: of an image with few channels LLVM makes vectors
// across its pixels, gathered and scattered value by value, which takes five
// times as long. Who reads the first, a pool above all, keeps it: XLA computes it
// within the reader's own loop. What nobody reads is not computed.
func (c *Call) pointwise(x *graph.Node, f func(x *graph.Node) *graph.Node) *graph.Node {
	y := inFloat32(x, f)
	d := x.Shape().Dimensions
	if x.DType() == dtypes.BFloat16 && onCPU(x.Graph()) && len(d) == 4 && d[3] < rowsChannels {
		c.rows[y] = graph.Reshape(inFloat32(graph.Reshape(x, d[0], -1), f), d...)
	}
	return y
}

// forConvolution is the result of an activation as a convolution should read it.
func (c *Call) forConvolution(x *graph.Node) *graph.Node {
	if y := c.rows[x]; y != nil {
		return y
	}
	return x
}
