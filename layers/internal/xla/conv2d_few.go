package xla

import "github.com/gomlx/gomlx/core/graph"

// fewPositions convolves an image to a result of few positions, such as 4x4
// pixels, of which the outer ones may be a ZeroPadding2D's, with a 3x3 kernel.
// The pixels that a position sees become a row, and the convolution one matrix
// product of these rows. XLA's own way takes its CPU backend (JAX 0.11.2) ten
// times as long; of ResNet50V2 on 32x32 pixels it was four fifths of the time.
// It returns nil for other images, and for kernels of one pixel, which are a
// product already.
func (c Convolution) fewPositions(x, kernel *graph.Node) *graph.Node {
	if !ones(c.Dilation) || c.Groups > 1 {
		return nil
	}
	size := kernel.Shape().Dimensions
	rows, columns := c.positions(x, kernel, 0), c.positions(x, kernel, 1)
	if rows*columns > maxPositions || size[0]*size[1] == 1 {
		return nil
	}
	x, pads := cut(x, c.Pads)
	if pads[0] != [2]int{} || pads[1] != [2]int{} {
		around := []graph.PadAxis{{}, {Start: pads[0][0], End: pads[0][1]}, {Start: pads[1][0], End: pads[1][1]}, {}}
		x = graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), around...)
	}
	batch, seen := x.Shape().Dimensions[0], size[0]*size[1]*size[2]
	var patches []*graph.Node
	for row := range rows {
		for column := range columns {
			top, left := row*c.Strides[0], column*c.Strides[1]
			patch := graph.Slice(x, graph.AxisRange(), graph.AxisRange(top, top+size[0]),
				graph.AxisRange(left, left+size[1]))
			patches = append(patches, graph.Reshape(patch, batch, 1, size[0], size[1], size[2]))
		}
	}
	all := patches[0]
	if len(patches) > 1 {
		all = graph.Concatenate(patches, 1)
	}
	y := graph.MatMul(graph.Reshape(all, batch*rows*columns, seen), graph.Reshape(kernel, seen, size[3]))
	return graph.Reshape(y, batch, rows, columns, size[3])
}

// positions is the length of a spatial axis of the result.
func (c Convolution) positions(x, kernel *graph.Node, axis int) int {
	length := x.Shape().Dimensions[axis+1] + c.Pads[axis][0] + c.Pads[axis][1]
	return (length-kernel.Shape().Dimensions[axis])/c.Strides[axis] + 1
}
