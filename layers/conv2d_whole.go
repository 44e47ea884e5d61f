package layers

import "github.com/gomlx/gomlx/core/graph"

// maxWholePositions bounds the weights that wholeImage copies.
const maxWholePositions = 4

// wholeImage convolves an image that is so small that each position of the
// result sees all of it, such as 2x2 pixels with a 3x3 kernel and padding. That
// is a dense layer, whose weights for a position are the part of the kernel
// that lies on the image, and one matrix product: XLA's convolutions of such
// images take ten times as long on a CPU. It returns nil for other images.
func (l *Conv2DLayer) wholeImage(x, kernel *graph.Node, pads [][2]int) *graph.Node {
	if l.window.dilation != [2]int{1, 1} || l.groups > 1 {
		return nil
	}
	in, size := x.Shape().Dimensions, kernel.Shape().Dimensions
	var positions [2]int
	for axis := range 2 {
		length, stride := in[axis+1], l.window.strides[axis]
		positions[axis] = (length+pads[axis][0]+pads[axis][1]-size[axis])/stride + 1
		first := pads[axis][0] - (positions[axis]-1)*stride
		if first < 0 || pads[axis][0]+length > size[axis] {
			return nil
		}
	}
	if positions[0]*positions[1] > maxWholePositions {
		return nil
	}
	pixels := in[1] * in[2] * in[3]
	var weights []*graph.Node
	for row := range positions[0] {
		for column := range positions[1] {
			top := pads[0][0] - row*l.window.strides[0]
			left := pads[1][0] - column*l.window.strides[1]
			part := graph.Slice(kernel, graph.AxisRange(top, top+in[1]), graph.AxisRange(left, left+in[2]))
			weights = append(weights, graph.Reshape(part, pixels, size[3]))
		}
	}
	all := weights[0]
	if len(weights) > 1 {
		all = graph.Concatenate(weights, -1)
	}
	y := graph.MatMul(graph.Reshape(x, in[0], pixels), all)
	return graph.Reshape(y, in[0], positions[0], positions[1], size[3])
}
