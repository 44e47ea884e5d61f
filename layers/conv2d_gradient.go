package layers

import (
	"runtime"

	"github.com/gocifar/gocifar/internal/xlaflags"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// convolve is the convolution by XLA's own operation, with gradients of ours
// where oneDNN computes it: GoMLX's are convolutions that oneDNN is slow at, or
// is not given.
func (l *Conv2DLayer) convolve(x, kernel *graph.Node, pads [][2]int) *graph.Node {
	if !onCPU(x.Graph()) || !oneDNNConvolves(x.DType()) || !l.hasGradients(kernel, pads) {
		return l.operation(x, kernel, pads)
	}
	return withGradients([]*graph.Node{x, kernel},
		func(in []*graph.Node) *graph.Node { return l.operation(in[0], in[1], pads) },
		func(i int, dy *graph.Node) *graph.Node {
			if i == 0 {
				return turned(dy, kernel, pads)
			}
			return kernelGradient(x, dy, kernel.Shape().Dimensions, pads, runtime.NumCPU())
		})
}

// oneDNNConvolves tells whether XLA's CPU backend leaves convolutions of a type
// to oneDNN. Float32's go to YNNPACK, which is faster with GoMLX's gradients,
// unless that is told to take sums alone.
func oneDNNConvolves(dtype dtypes.DType) bool {
	if dtype == dtypes.Float32 {
		return xlaflags.HasOneDNNFloat32()
	}
	return xlaflags.HasOneDNN()
}

// hasGradients tells whether turned and kernelGradient are the gradients.
func (l *Conv2DLayer) hasGradients(kernel *graph.Node, pads [][2]int) bool {
	size, one := kernel.Shape().Dimensions, [2]int{1, 1}
	return l.window.strides == one && l.window.dilation == one && l.groups == 1 &&
		max(pads[0][0], pads[0][1]) < size[0] && max(pads[1][0], pads[1][1]) < size[1]
}

// turned is the gradient with respect to a convolution's image: dy convolved
// with the kernel turned round, its channels exchanged. GoMLX's names the
// kernel's axes in another order instead. Of that kind XLA gives oneDNN no
// bfloat16 ones, and computes them in float32.
func turned(dy, kernel *graph.Node, pads [][2]int) *graph.Node {
	size := kernel.Shape().Dimensions
	back := make([][2]int, len(pads))
	for axis, pad := range pads {
		back[axis] = [2]int{size[axis] - 1 - pad[0], size[axis] - 1 - pad[1]}
	}
	kernel = graph.TransposeAllAxes(graph.Reverse(kernel, 0, 1), 0, 1, 3, 2)
	return graph.Convolve(dy, kernel).PaddingPerDim(back).Done()
}

// kernelGradient is the gradient with respect to a convolution's kernel [rows,
// columns, in, out]: the image convolved with dy, the examples of the batch as
// channels; of 1x1, a product. GoMLX's has the image's channels as examples, so
// that oneDNN goes through all of dy for each of them, to compute rows of as many
// values as the kernel has columns. Here channels stand beside each other in the
// image's columns, and the convolution takes every channels-th column: rows are
// as many times longer, from one pass over dy.
//
// Where processors would have no row to compute, channels become examples again,
// as few as give each a row.
func kernelGradient(x, dy *graph.Node, kernel []int, pads [][2]int, processors int) *graph.Node {
	if kernel[0] == 1 && kernel[1] == 1 {
		pixels := allButLast(x)
		return graph.Reshape(graph.Dot(x, dy).WithAccumulatorDType(x.DType()).General(pixels, nil, pixels, nil), kernel...)
	}
	d, in := x.Shape().Dimensions, kernel[2]
	parts := 1
	for parts < in && (in%parts != 0 || parts*kernel[0] < processors) {
		parts++
	}
	beside := in / parts
	x = graph.TransposeAllAxes(graph.Reshape(x, d[0], d[1], d[2], parts, beside), 3, 1, 2, 4, 0)
	x = graph.Reshape(x, parts, d[1], d[2]*beside, d[0])
	columns := [2]int{pads[1][0] * beside, pads[1][1] * beside}
	y := graph.Convolve(x, graph.TransposeAllAxes(dy, 1, 2, 0, 3)).
		PaddingPerDim([][2]int{pads[0], columns}).DilationPerAxis(1, beside).Done()
	y = graph.Reshape(y, parts, kernel[0], kernel[1], beside, kernel[3])
	return graph.Reshape(graph.TransposeAllAxes(y, 1, 2, 0, 3, 4), kernel...)
}
