package xla

import (
	"slices"

	"github.com/gocifar/gocifar/internal/xlaflags"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// oneDNNConvolves tells whether XLA's CPU backend leaves convolutions of a type
// to oneDNN. Those of float32 go to YNNPACK, which is faster with GoMLX's
// gradients, unless XLA_FLAGS leave it sums alone.
func oneDNNConvolves(dtype dtypes.DType) bool {
	if dtype == dtypes.Float32 {
		return xlaflags.HasOneDNNFloat32()
	}
	return xlaflags.HasOneDNN()
}

// hasFastGradients tells whether fastInputGradient and fastKernelGradient are
// the gradients of this convolution. The others are convolutions that oneDNN is
// slow at, or that XLA (JAX 0.11.2) does not hand to oneDNN.
func (c Convolution) hasFastGradients(kernel *graph.Node) bool {
	if len(c.Strides) != 2 || c.Groups != 1 || !ones(c.Strides) || !ones(c.Dilation) {
		return false
	}
	size := kernel.Shape().Dimensions
	return max(c.Pads[0][0], c.Pads[0][1]) < size[0] && max(c.Pads[1][0], c.Pads[1][1]) < size[1]
}

// ones tells whether all numbers are 1.
func ones(numbers []int) bool {
	return !slices.ContainsFunc(numbers, func(n int) bool { return n != 1 })
}

// fastInputGradient is inputGradient with the kernel's channels exchanged in
// memory: inputGradient names the kernel's axes in another order instead. XLA does not hand such convolutions
// to oneDNN in bfloat16, and computes them in float32.
func (c Convolution) fastInputGradient(dy, kernel *graph.Node) *graph.Node {
	size := kernel.Shape().Dimensions
	back := make([][2]int, len(c.Pads))
	for axis, pad := range c.Pads {
		back[axis] = [2]int{size[axis] - 1 - pad[0], size[axis] - 1 - pad[1]}
	}
	kernel = graph.TransposeAllAxes(graph.Reverse(kernel, 0, 1), 0, 1, 3, 2)
	return graph.Convolve(dy, kernel).PaddingPerDim(back).Done()
}

// fastKernelGradient is the gradient with respect to the kernel [rows, columns,
// in, out]: the images convolved with dy, the examples of the batch as channels.
// For a kernel of 1x1 it is a product.
//
// kernelGradient takes the images' channels as examples. oneDNN then goes through all of
// dy for each of them, to compute rows of as many values as the kernel has
// columns. Here the channels stand beside each other in the image's columns,
// and the convolution takes every channels-th column: rows are as many times
// longer, from one pass over dy. Split channels into examples only until every
// processor has a row.
func (c Convolution) fastKernelGradient(x, dy *graph.Node, kernel []int, processors int) *graph.Node {
	if kernel[0] == 1 && kernel[1] == 1 {
		pixels := allButLast(x)
		product := graph.Dot(x, dy).WithAccumulatorDType(x.DType()).General(pixels, nil, pixels, nil)
		return graph.Reshape(product, kernel...)
	}
	d, in := x.Shape().Dimensions, kernel[2]
	parts := 1
	for parts < in && (in%parts != 0 || parts*kernel[0] < processors) {
		parts++
	}
	beside := in / parts
	x = graph.TransposeAllAxes(graph.Reshape(x, d[0], d[1], d[2], parts, beside), 3, 1, 2, 4, 0)
	x = graph.Reshape(x, parts, d[1], d[2]*beside, d[0])
	columns := [2]int{c.Pads[1][0] * beside, c.Pads[1][1] * beside}
	y := graph.Convolve(x, graph.TransposeAllAxes(dy, 1, 2, 0, 3)).
		PaddingPerDim([][2]int{c.Pads[0], columns}).DilationPerAxis(1, beside).Done()
	y = graph.Reshape(y, parts, kernel[0], kernel[1], beside, kernel[3])
	return graph.Reshape(graph.TransposeAllAxes(y, 1, 2, 0, 3, 4), kernel...)
}
