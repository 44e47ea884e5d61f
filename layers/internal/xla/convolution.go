package xla

import (
	"runtime"
	"slices"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/gomlx/core/graph"
)

// Convolution says how a kernel moves over examples of one to three spatial
// axes; each slice has an element for each of these axes.
type Convolution struct {
	// Strides are the kernel's steps, Dilation the distances between its taps:
	// all at least 1.
	Strides, Dilation []int
	// Groups is the number of groups of channels that are convolved apart, at
	// least 1.
	Groups int
	// Pads are the numbers of zeros before and after an example. Negative ones
	// after it leave out as many positions.
	Pads [][2]int
}

// Convolve convolves x [batch, spatial axes…, in] with a kernel [spatial axes…,
// in/groups, out].
func Convolve(x, kernel *graph.Node, c Convolution) *graph.Node {
	if len(c.Strides) == 1 {
		return withoutRow(Convolve(withRow(x, 1), withRow(kernel, 0), c.ofRows()), 1)
	}
	in := x.Shape().Dimensions[x.Rank()-1]
	if c.Groups > 1 && c.Groups == in && OnCPU(x.Graph()) {
		size := slices.Clone(kernel.Shape().Dimensions) // […, 1, in*multiplier]
		size[len(size)-2], size[len(size)-1] = in, size[len(size)-1]/in
		return Depthwise(x, graph.Reshape(kernel, size...), c)
	}
	if len(c.Strides) == 2 {
		if y := c.wholeImage(x, kernel); y != nil {
			return y
		}
		if OnCPU(x.Graph()) {
			if y := c.fewPositions(x, kernel); y != nil {
				return y
			}
		}
	}
	return c.withOwnGradients(x, kernel)
}

// ConvolveTransposed is the gradient of a convolution c of examples of the
// given size with respect to these examples, where the gradient with respect to
// the result is x [batch, spatial axes…, in]. The kernel is [spatial axes…, out,
// in]. It returns [batch, size…, out].
func ConvolveTransposed(x, kernel *graph.Node, size []int, c Convolution) *graph.Node {
	if len(c.Strides) == 1 {
		y := ConvolveTransposed(withRow(x, 1), withRow(kernel, 0), []int{1, size[0]}, c.ofRows())
		return withoutRow(y, 1)
	}
	return withGradients([]*graph.Node{x, kernel},
		func(in []*graph.Node) *graph.Node { return c.inputGradient(in[0], in[1], size) },
		func(i int, dy *graph.Node) *graph.Node {
			if i == 0 {
				return Convolve(dy, kernel, c)
			}
			return c.kernelGradient(dy, x, kernel.Shape().Dimensions)
		})
}

// ofRows is the convolution of images of one row that does the same as c, of
// examples with one spatial axis.
func (c Convolution) ofRows() Convolution {
	return Convolution{Strides: []int{1, c.Strides[0]}, Dilation: []int{1, c.Dilation[0]},
		Groups: c.Groups, Pads: [][2]int{{}, c.Pads[0]}}
}

// withRow inserts an axis of size 1.
func withRow(x *graph.Node, axis int) *graph.Node {
	return graph.Reshape(x, slices.Insert(slices.Clone(x.Shape().Dimensions), axis, 1)...)
}

// withoutRow removes an axis of size 1.
func withoutRow(x *graph.Node, axis int) *graph.Node {
	return graph.Reshape(x, slices.Delete(slices.Clone(x.Shape().Dimensions), axis, axis+1)...)
}

// withOwnGradients is the convolution by XLA's own operation with the gradients
// of this package.
//
// GoMLX 0.28's are shifted by a pixel where a kernel's span is even, panic with
// strides and dilation together, and are one convolution for each group.
func (c Convolution) withOwnGradients(x, kernel *graph.Node) *graph.Node {
	return withGradients([]*graph.Node{x, kernel},
		func(in []*graph.Node) *graph.Node { return c.operation(in[0], in[1]) },
		func(i int, dy *graph.Node) *graph.Node {
			if i == 0 {
				gradient := c.anyInputGradient(x, kernel, dy)
				return c.throughMaxima(gradient, kernel, kernel, dy, xlaplugin.MaximaInputGradient)
			}
			gradient := c.anyKernelGradient(x, kernel, dy)
			return c.throughMaxima(gradient, x, kernel, dy, xlaplugin.MaximaKernelGradient)
		})
}

// areFast tells whether fastInputGradient and fastKernelGradient are the ways.
func (c Convolution) areFast(x, kernel *graph.Node) bool {
	return OnCPU(x.Graph()) && oneDNNConvolves(x.DType()) && c.hasFastGradients(kernel)
}

func (c Convolution) anyInputGradient(x, kernel, dy *graph.Node) *graph.Node {
	if c.areFast(x, kernel) {
		return c.fastInputGradient(dy, kernel)
	}
	return c.inputGradient(dy, kernel, spatial(x))
}

func (c Convolution) anyKernelGradient(x, kernel, dy *graph.Node) *graph.Node {
	if c.areFast(x, kernel) {
		return c.fastKernelGradient(x, dy, kernel.Shape().Dimensions, runtime.NumCPU())
	}
	return c.kernelGradient(x, dy, kernel.Shape().Dimensions)
}

// spatial returns the sizes of x's spatial axes.
func spatial(x *graph.Node) []int {
	d := x.Shape().Dimensions
	return d[1 : len(d)-1]
}

// operation is XLA's own.
func (c Convolution) operation(x, kernel *graph.Node) *graph.Node {
	x, pads := cut(x, c.Pads)
	return graph.ConvGeneral(x, kernel, usualAxes(len(pads)), c.Strides, pads, nil, c.Dilation, c.Groups, 1)
}

// cut removes what negative pads leave out.
func cut(x *graph.Node, pads [][2]int) (*graph.Node, [][2]int) {
	pads = slices.Clone(pads)
	for i, p := range pads {
		if p[1] < 0 {
			x = graph.SliceAxis(x, i+1, graph.AxisRange(0, x.Shape().Dimensions[i+1]+p[1]))
			pads[i][1] = 0
		}
	}
	return x, pads
}
