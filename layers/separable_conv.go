package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// SeparableConvLayer is a depthwise convolution and, on its results, a
// convolution of kernel size 1: images (None, h, w, in) to (None, h', w',
// filters), sequences (None, steps, in) alike. Variables: depthwise_kernel
// (spatial axes…, in, multiplier), pointwise_kernel (1…, in*multiplier, filters)
// and, unless WithoutBias, bias (filters).
type SeparableConvLayer struct {
	kernelAndBias[*SeparableConvLayer]
	window              window
	filters, multiplier int
	pointwise           WeightOptions
	pointwiseWeight     *Variable
}

// SeparableConv1D makes a separable convolution of sequences (None, steps,
// channels): [SeparableConv2D] with one spatial axis.
func SeparableConv1D(filters, kernelSize int) *SeparableConvLayer {
	return newSeparableConv(1, "SeparableConv1D", filters, []int{kernelSize})
}

// SeparableConv2D makes a separable convolution with the given number of
// filters (at least 1) and kernel size: one value for a square, or height and
// width. Neither bias nor activation stand between its two convolutions.
//
// Keras' defaults: depth multiplier 1, strides 1, padding Valid, dilation 1,
// channels last, no activation, a bias, both kernels from GlorotUniform, bias
// from Zeros. KernelInitializer and the other options of the kernel are those
// of the depthwise one; Pointwise has the other's.
func SeparableConv2D(filters int, kernelSize ...int) *SeparableConvLayer {
	return newSeparableConv(2, "SeparableConv2D", filters, kernelSize)
}

func newSeparableConv(rank int, class string, filters int, kernelSize []int) *SeparableConvLayer {
	l := &SeparableConvLayer{filters: filters, multiplier: 1, window: newWindow(rank)}
	l.init(l, class)
	l.shared.kernelName, l.pointwise.Initializer = "depthwise", GlorotUniform
	if filters < 1 {
		l.Invalid("filters must be at least 1, got %d", filters)
	}
	refuse(l, l.window.set(&l.window.size, "kernel size", kernelSize))
	return l
}

// DepthMultiplier sets how many results of each channel go into the second
// convolution. Default 1.
func (l *SeparableConvLayer) DepthMultiplier(m int) *SeparableConvLayer {
	if m < 1 {
		l.Invalid("depth multiplier must be at least 1, got %d", m)
		return l
	}
	l.multiplier = m
	return l
}

// Pointwise sets the options of the second convolution's kernel. An initializer
// that is nil is GlorotUniform.
func (l *SeparableConvLayer) Pointwise(o WeightOptions) *SeparableConvLayer {
	if o.Initializer == nil {
		o.Initializer = GlorotUniform
	}
	l.pointwise.set(&l.state, "pointwise kernel", func(to *WeightOptions) { *to = o })
	return l
}

// Strides sets the step of the window: one value, or one for each spatial axis.
// Default 1.
func (l *SeparableConvLayer) Strides(strides ...int) *SeparableConvLayer {
	refuse(l, l.window.set(&l.window.strides, "strides", strides))
	return l
}

// Padding sets the padding: Valid (default) or Same.
func (l *SeparableConvLayer) Padding(p PaddingMode) *SeparableConvLayer {
	refuse(l, l.window.setPadding(p, Valid, Same))
	return l
}

// Dilation sets the distance between the kernel's taps. Default 1.
func (l *SeparableConvLayer) Dilation(dilation ...int) *SeparableConvLayer {
	refuse(l, l.window.set(&l.window.dilation, "dilation", dilation))
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *SeparableConvLayer) DataFormat(f DataFormat) *SeparableConvLayer {
	refuse(l, l.window.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *SeparableConvLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.window.read(in)
	if err != nil {
		return nil, err
	}
	if err := builtFor(l.shared.kernelWeight, l.window.rank, channels, 1); err != nil {
		return nil, err
	}
	out, _, err := l.window.positions(sizes)
	if err != nil {
		return nil, err
	}
	return l.shared.activation.OutputShape(l.window.shape(out, l.filters))
}

// Build creates both kernels and the bias.
func (l *SeparableConvLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	_, channels, err := l.window.read(in)
	depthwise := append(Shape(l.window.size).Clone(), channels, l.multiplier)
	pointwise := append(Shape(slices.Repeat([]int{1}, l.window.rank)), channels*l.multiplier, l.filters)
	l.shared.kernelWeight = l.AddWeight("depthwise_kernel", depthwise, l.shared.kernel)
	l.pointwiseWeight = l.AddWeight("pointwise_kernel", pointwise, l.pointwise)
	l.shared.createBias(&l.state, l.filters)
	return err
}

// Call convolves twice, adds the bias and applies the activation.
func (l *SeparableConvLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Activate(l.shared.activation, l.window.computed(in[0], func(x *graph.Node) *graph.Node {
		y := xla.Depthwise(x, c.Value(l.shared.kernelWeight), l.window.convolution(x, 1))
		y = xla.Convolve(y, c.Value(l.pointwiseWeight), newWindow(l.window.rank).convolution(y, 1))
		return l.shared.addBias(c, y)
	}))
}

// Config returns Keras' configuration of the layer.
func (l *SeparableConvLayer) Config() map[string]any {
	c := l.shared.config(&l.state)
	l.window.addConfig(c)
	l.pointwise.AddConfig(c, "pointwise")
	c["filters"], c["depth_multiplier"] = l.filters, l.multiplier
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	return c
}

func init() {
	for i := range 2 {
		class := fmt.Sprintf("SeparableConv%dD", i+1)
		read := func(s *Settings) Layer { return readSeparableConv(s, i+1, class) }
		RegisterLayer(class, read)
		RegisterLayer(fmt.Sprintf("SeparableConvolution%dD", i+1), read)
	}
}

func readSeparableConv(s *Settings, rank int, class string) Layer {
	// Keras 2 wrote the settings of a Conv2D, too.
	s.Ignore("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
	l := newSeparableConv(rank, class, s.Int("filters", 0), s.Ints("kernel_size")).
		DepthMultiplier(s.Int("depth_multiplier", 1)).
		Strides(s.Ints("strides", 1)...).
		Dilation(s.Ints("dilation_rate", 1)...).
		Padding(s.Padding()).
		DataFormat(s.DataFormat()).
		Pointwise(s.WeightOptions("pointwise", GlorotUniform))
	l.shared.read(s, &l.state)
	return l
}
