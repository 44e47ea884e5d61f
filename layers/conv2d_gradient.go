package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// convolve is the convolution by XLA's own operation. GoMLX's gradient of the
// image is a convolution whose kernel's axes are named in another order. Of that
// kind XLA's CPU backend gives oneDNN no bfloat16 ones, and computes them in
// float32, which takes twice as long: there the kernel is turned round itself.
func (l *Conv2DLayer) convolve(x, kernel *graph.Node, pads [][2]int) *graph.Node {
	if x.DType() != dtypes.BFloat16 || !onCPU(x.Graph()) || !l.hasTurned(kernel, pads) {
		return l.operation(x, kernel, pads)
	}
	return withGradient(x, func(x *graph.Node) *graph.Node { return l.operation(x, kernel, pads) },
		func(_, dy *graph.Node) *graph.Node { return turned(dy, kernel, pads) })
}

// hasTurned tells whether turned is the gradient.
func (l *Conv2DLayer) hasTurned(kernel *graph.Node, pads [][2]int) bool {
	size, one := kernel.Shape().Dimensions, [2]int{1, 1}
	return l.window.strides == one && l.window.dilation == one && l.groups == 1 &&
		max(pads[0][0], pads[0][1]) < size[0] && max(pads[1][0], pads[1][1]) < size[1]
}

// turned is the gradient with respect to a convolution's image: dy convolved
// with the kernel turned round, its channels exchanged.
func turned(dy, kernel *graph.Node, pads [][2]int) *graph.Node {
	size := kernel.Shape().Dimensions
	back := make([][2]int, len(pads))
	for axis, pad := range pads {
		back[axis] = [2]int{size[axis] - 1 - pad[0], size[axis] - 1 - pad[1]}
	}
	kernel = graph.TransposeAllAxes(graph.Reverse(kernel, 0, 1), 0, 1, 3, 2)
	return graph.Convolve(dy, kernel).PaddingPerDim(back).Done()
}
