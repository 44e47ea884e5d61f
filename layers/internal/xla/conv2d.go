package xla

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// Convolution says how a kernel moves over images. Pairs are of height and
// width.
type Convolution struct {
	// Strides are the kernel's steps, Dilation the distances between its taps:
	// both at least 1.
	Strides, Dilation [2]int
	// Groups is the number of groups of channels that are convolved apart, at
	// least 1.
	Groups int
	// Pads are the numbers of zeros before and after the image.
	Pads [2][2]int
}

// Convolve convolves images [batch, height, width, in] with a kernel [rows,
// columns, in/groups, out].
func Convolve(x, kernel *graph.Node, c Convolution) *graph.Node {
	kernel, c.Pads = c.oddKernel(kernel)
	if y := c.wholeImage(x, kernel); y != nil {
		return y
	}
	return c.withFastGradients(x, kernel)
}

// operation is XLA's own.
func (c Convolution) operation(x, kernel *graph.Node) *graph.Node {
	conv := graph.Convolve(x, kernel).PaddingPerDim(c.Pads[:])
	if c.Strides != [2]int{1, 1} {
		conv = conv.StridePerAxis(c.Strides[0], c.Strides[1])
	}
	if c.Dilation != [2]int{1, 1} {
		conv = conv.DilationPerAxis(c.Dilation[0], c.Dilation[1])
	}
	if c.Groups > 1 {
		conv = conv.ChannelGroupCount(c.Groups)
	}
	return conv.Done()
}

// oddKernel appends a row or column of zeros to a kernel whose span is even,
// and returns pads that are as much larger, which changes no result: GoMLX
// 0.28's gradient of a convolution is shifted by a pixel for even spans.
func (c Convolution) oddKernel(kernel *graph.Node) (*graph.Node, [2][2]int) {
	var extra [4]compute.PadAxis
	for axis := range 2 {
		if (kernel.Shape().Dimensions[axis]-1)*c.Dilation[axis]%2 == 1 {
			extra[axis].End = 1
			c.Pads[axis][1] += c.Dilation[axis]
		}
	}
	if extra != [4]compute.PadAxis{} {
		kernel = graph.Pad(kernel, graph.ScalarZero(kernel.Graph(), kernel.DType()), extra[:]...)
	}
	return kernel, c.Pads
}
