package xla

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// usualAxes says that x is [batch, spatial axes…, channels] and a kernel
// [spatial axes…, in, out].
func usualAxes(rank int) graph.ConvolveAxesConfig {
	return graph.ConvolveAxesConfig{
		InputBatch: 0, InputSpatial: count(1, rank), InputChannels: rank + 1,
		KernelSpatial: count(0, rank), KernelInputChannels: rank, KernelOutputChannels: rank + 1,
		OutputBatch: 0, OutputSpatial: count(1, rank), OutputChannels: rank + 1,
	}
}

// count returns n numbers: from, from+1, …
func count(from, n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = from + i
	}
	return numbers
}

// inputGradient is the gradient with respect to examples of the given size: dy,
// with strides-1 zeros between its positions, convolved with the kernel turned
// around, in and out exchanged.
func (c Convolution) inputGradient(dy, kernel *graph.Node, size []int) *graph.Node {
	rank := len(size)
	axes, k, out := usualAxes(rank), kernel.Shape().Dimensions, spatial(dy)
	if c.Groups > 1 {
		kernel = c.exchangeInGroups(kernel)
	} else {
		axes.KernelInputChannels, axes.KernelOutputChannels = axes.KernelOutputChannels, axes.KernelInputChannels
	}
	pads := make([][2]int, rank)
	for i := range pads {
		pads[i][0] = (k[i]-1)*c.Dilation[i] - c.Pads[i][0]
		pads[i][1] = size[i] - 1 - (out[i]-1)*c.Strides[i] + c.Pads[i][0]
	}
	return graph.ConvGeneral(dy, graph.Reverse(kernel, count(0, rank)...), axes, nil, pads, c.Strides, c.Dilation,
		c.Groups, 1)
}

// exchangeInGroups turns a kernel […, in/groups, out] into […, out/groups, in].
func (c Convolution) exchangeInGroups(kernel *graph.Node) *graph.Node {
	size := slices.Clone(kernel.Shape().Dimensions)
	rank := len(size) - 2
	in, out := size[rank], size[rank+1]/c.Groups
	kernel = graph.Reshape(kernel, append(size[:rank:rank], in, c.Groups, out)...)
	kernel = graph.TransposeAllAxes(kernel, append(count(0, rank), rank+2, rank+1, rank)...)
	return graph.Reshape(kernel, append(size[:rank:rank], out, c.Groups*in)...)
}

// kernelGradient is the gradient with respect to a kernel of the given size:
// the examples convolved with dy, the channels in the place of the batch.
// Strides and distances between taps exchange their roles.
func (c Convolution) kernelGradient(x, dy *graph.Node, size []int) *graph.Node {
	rank, in, out := len(c.Pads), spatial(x), spatial(dy)
	pads := make([][2]int, rank)
	for i, p := range c.Pads {
		pads[i][0] = p[0]
		pads[i][1] = (size[i]-1)*c.Dilation[i] + (out[i]-1)*c.Strides[i] + 1 - in[i] - p[0]
	}
	axes := graph.ConvolveAxesConfig{
		InputBatch: rank + 1, InputSpatial: count(1, rank), InputChannels: 0,
		KernelInputChannels: 0, KernelSpatial: count(1, rank), KernelOutputChannels: rank + 1,
		OutputBatch: rank, OutputSpatial: count(0, rank), OutputChannels: rank + 1,
	}
	if c.Groups > 1 {
		x = c.groupsAndBatch(x)
		axes.InputBatch, axes.InputChannels = 0, rank+1
	}
	x, pads = cut(x, pads)
	return graph.ConvGeneral(x, dy, axes, c.Dilation, pads, nil, c.Strides, c.Groups, 1)
}

// groupsAndBatch turns x [batch, …, groups*in] into [in, …, groups*batch].
func (c Convolution) groupsAndBatch(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	rank := len(d) - 2
	batch, in := d[0], d[rank+1]/c.Groups
	x = graph.Reshape(x, append(slices.Clone(d[:rank+1]), c.Groups, in)...)
	x = graph.TransposeAllAxes(x, append(append([]int{rank + 2}, count(1, rank+1)...), 0)...)
	return graph.Reshape(x, append(append([]int{in}, d[1:rank+1]...), c.Groups*batch)...)
}
