package xla

import "github.com/gomlx/gomlx/core/graph"

// maxPositions is how many positions results of wholeImage and fewPositions have
// at most. It bounds the weights and the pixels that these copy.
const maxPositions = 4

// wholeImage convolves an image that is so small that each position of the
// result sees all of it, such as 2x2 pixels with a 3x3 kernel and padding. That
// is a dense layer, whose weights for a position are the part of the kernel
// that lies on the image, and one matrix product: convolutions of such images
// take XLA's CPU backend (JAX 0.11.2) ten times as long. It returns nil for
// other images.
func (c Convolution) wholeImage(x, kernel *graph.Node) *graph.Node {
	if !ones(c.Dilation) || c.Groups > 1 {
		return nil
	}
	in, size := x.Shape().Dimensions, kernel.Shape().Dimensions
	var positions [2]int
	for axis := range 2 {
		length, before := in[axis+1], c.Pads[axis][0]
		positions[axis] = c.positions(x, kernel, axis)
		first := before - (positions[axis]-1)*c.Strides[axis]
		if first < 0 || before+length > size[axis] {
			return nil
		}
	}
	if positions[0]*positions[1] > maxPositions {
		return nil
	}
	pixels := in[1] * in[2] * in[3]
	var weights []*graph.Node
	for row := range positions[0] {
		for column := range positions[1] {
			top := c.Pads[0][0] - row*c.Strides[0]
			left := c.Pads[1][0] - column*c.Strides[1]
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
