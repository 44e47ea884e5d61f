package xla

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Depthwise convolves each channel of x [batch, spatial axes…, in] by itself
// with the kernels of that channel: kernel is [spatial axes…, in, multiplier],
// the result [batch, spatial axes…, in*multiplier], a channel's results beside
// each other. c.Groups does not count.
func Depthwise(x, kernel *graph.Node, c Convolution) *graph.Node {
	if len(c.Strides) == 1 {
		return withoutRow(Depthwise(withRow(x, 1), withRow(kernel, 0), c.ofRows()), 1)
	}
	rank := len(c.Strides)
	size := slices.Clone(kernel.Shape().Dimensions)
	in, multiplier := size[rank], size[rank+1]
	if OnCPU(x.Graph()) {
		return depthwiseByTaps(x, kernel, c)
	}
	c.Groups = in
	return c.withOwnGradients(x, graph.Reshape(kernel, append(size[:rank], 1, in*multiplier)...))
}

// depthwiseByTaps is Depthwise as the sum over the kernel's taps of x, shifted,
// times the tap's row of weights. XLA makes one loop of the sum. XLA's own
// depthwise convolutions and their gradients take its CPU backend (JAX 0.11.2)
// many times as long.
func depthwiseByTaps(x, kernel *graph.Node, c Convolution) *graph.Node {
	rank := len(c.Strides)
	size := slices.Clone(kernel.Shape().Dimensions)
	if multiplier := size[rank+1]; multiplier > 1 {
		d := slices.Clone(x.Shape().Dimensions)
		x = graph.BroadcastToDims(withRow(x, rank+2), append(slices.Clone(d), multiplier)...)
		x = graph.Reshape(x, append(d[:rank+1], size[rank]*multiplier)...)
	}
	kernel = graph.Reshape(kernel, append(size[:rank], size[rank]*size[rank+1])...)
	in := spatial(x)
	return withGradients([]*graph.Node{x, kernel}, func(of []*graph.Node) *graph.Node {
		return inFloat32s(func(of []*graph.Node) *graph.Node {
			return c.sumOfTaps(pad(of[0], c.Pads, nil), of[1])
		}, of...)
	}, func(i int, dy *graph.Node) *graph.Node {
		if i == 0 {
			return inFloat32s(func(of []*graph.Node) *graph.Node {
				return c.depthwiseInputGradient(of[0], of[1], in)
			}, dy, kernel)
		}
		return inFloat32s(func(of []*graph.Node) *graph.Node {
			return c.depthwiseKernelGradient(of[0], of[1], kernel.Shape().Dimensions)
		}, x, dy)
	})
}

// inFloat32s is InFloat32 of several values.
func inFloat32s(f func(of []*graph.Node) *graph.Node, of ...*graph.Node) *graph.Node {
	dtype := of[0].DType()
	if dtype != dtypes.BFloat16 {
		return f(of)
	}
	wide := make([]*graph.Node, len(of))
	for i, x := range of {
		wide[i] = graph.ConvertDType(x, dtypes.Float32)
	}
	return graph.ConvertDType(f(wide), dtype)
}

// pad puts zeros around x's spatial axes, and gaps between its positions; a
// negative pad after them leaves positions out.
func pad(x *graph.Node, pads [][2]int, gaps []int) *graph.Node {
	x, pads = cut(x, pads)
	around, nothing := make([]compute.PadAxis, x.Rank()), true
	for i, p := range pads {
		around[i+1] = compute.PadAxis{Start: p[0], End: p[1]}
		if gaps != nil {
			around[i+1].Interior = gaps[i]
		}
		nothing = nothing && around[i+1] == compute.PadAxis{}
	}
	if nothing {
		return x
	}
	return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), around...)
}

// sumOfTaps is the convolution of padded examples.
func (c Convolution) sumOfTaps(padded, kernel *graph.Node) *graph.Node {
	size := kernel.Shape().Dimensions
	taps := c.taps(padded, size)
	rows := graph.Reshape(kernel, len(taps), size[len(size)-1])
	var sum *graph.Node
	for i, tap := range taps {
		row := graph.ExpandLeftToRank(graph.Squeeze(graph.SliceAxis(rows, 0, graph.AxisElem(i)), 0), tap.Rank())
		product := graph.Mul(tap, row)
		if sum == nil {
			sum = product
		} else {
			sum = graph.Add(sum, product)
		}
	}
	return sum
}

// taps returns what each tap of a kernel of the given size meets, in row-major
// order.
func (c Convolution) taps(padded *graph.Node, size []int) []*graph.Node {
	rank := len(c.Strides)
	p := Pool{Size: size[:rank], Strides: c.Strides, Dilation: c.Dilation, Pads: make([][2]int, rank)}
	return p.taps(padded, 0)
}

// depthwiseInputGradient is the gradient with respect to examples of the given
// size.
func (c Convolution) depthwiseInputGradient(dy, kernel *graph.Node, size []int) *graph.Node {
	rank := len(size)
	k, out := kernel.Shape().Dimensions, spatial(dy)
	pads, gaps, ones := make([][2]int, rank), make([]int, rank), make([]int, rank)
	for i := range pads {
		pads[i][0] = (k[i]-1)*c.Dilation[i] - c.Pads[i][0]
		pads[i][1] = size[i] - 1 - (out[i]-1)*c.Strides[i] + c.Pads[i][0]
		gaps[i], ones[i] = c.Strides[i]-1, 1
	}
	back := Convolution{Strides: ones, Dilation: c.Dilation, Pads: pads}
	return back.sumOfTaps(pad(dy, pads, gaps), graph.Reverse(kernel, count(0, rank)...))
}

// depthwiseKernelGradient is the gradient with respect to a kernel of the given
// size: for each tap the sum of what the tap meets times dy.
//
// XLA's CPU backend (JAX 0.11.2) takes a channel after the other for such a sum
// and reads memory with strides. So the sum is first taken over some parts of
// the examples, value by value, and the rest over that, which is an eighth of
// the work: 19 ms of processor time instead of 80 for 32 images of 24x24x144 and
// 3x3 taps. The barrier keeps XLA from putting the two steps together again.
func (c Convolution) depthwiseKernelGradient(x, dy *graph.Node, size []int) *graph.Node {
	taps := c.taps(pad(x, c.Pads, nil), size)
	axis, parts := sumParts(dy.Shape().Dimensions)
	sums := make([]*graph.Node, len(taps))
	for i, tap := range taps {
		sums[i] = sumOfProducts(tap, dy, axis, parts)
	}
	sums = graph.OptimizationBarriers(sums...)
	for i, sum := range sums {
		sums[i] = graph.ReduceSum(sum, allButLast(dy)...)
	}
	return graph.Reshape(graph.Stack(sums, 0), size...)
}

// sumParts returns the axis, but the last, along which dimensions divide best
// into equal parts, and their number, at most 8.
func sumParts(dimensions []int) (axis, parts int) {
	for i, size := range dimensions[:len(dimensions)-1] {
		for n := 8; n > parts; n-- {
			if size%n == 0 {
				axis, parts = i, n
			}
		}
	}
	return axis, parts
}

// sumOfProducts cuts a and b into parts along an axis, and sums the products of
// their parts.
func sumOfProducts(a, b *graph.Node, axis, parts int) *graph.Node {
	var sum *graph.Node
	length := a.Shape().Dimensions[axis] / parts
	for i := range parts {
		part := graph.AxisRange(i*length, (i+1)*length)
		product := graph.Mul(graph.SliceAxis(a, axis, part), graph.SliceAxis(b, axis, part))
		if sum == nil {
			sum = product
		} else {
			sum = graph.Add(sum, product)
		}
	}
	return sum
}
