package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// DepthwiseConvLayer convolves each channel by itself: images (None, h, w, in)
// to (None, h', w', in*multiplier), sequences (None, steps, in) alike. Variables:
// kernel (spatial axes…, in, multiplier) and, unless WithoutBias, bias
// (in*multiplier).
type DepthwiseConvLayer struct {
	kernelAndBias[*DepthwiseConvLayer]
	window     window
	multiplier int
}

// DepthwiseConv1D makes a depthwise convolution of sequences (None, steps,
// channels): [DepthwiseConv2D] with one spatial axis.
func DepthwiseConv1D(kernelSize int) *DepthwiseConvLayer {
	return newDepthwiseConv(1, "DepthwiseConv1D", []int{kernelSize})
}

// DepthwiseConv2D makes a depthwise convolution of the given kernel size: one
// value for a square, or height and width.
//
//	y[n,i,j,c*m+q] = activation(bias[c*m+q] + sum over u,v of x[n, i*s+u*d, j*s+v*d, c] kernel[u,v,c,q])
//
// Keras' defaults: depth multiplier m 1, strides 1, padding Valid, dilation 1,
// channels last, no activation, a bias, kernel from GlorotUniform, bias from
// Zeros. KernelInitializer is Keras' depthwise_initializer, and so are the
// other options of the kernel.
func DepthwiseConv2D(kernelSize ...int) *DepthwiseConvLayer {
	return newDepthwiseConv(2, "DepthwiseConv2D", kernelSize)
}

func newDepthwiseConv(rank int, class string, kernelSize []int) *DepthwiseConvLayer {
	l := &DepthwiseConvLayer{multiplier: 1, window: newWindow(rank)}
	l.init(l, class)
	l.shared.kernelName = "depthwise"
	refuse(l, l.window.set(&l.window.size, "kernel size", kernelSize))
	return l
}

// DepthMultiplier sets how many results each channel has. Default 1.
func (l *DepthwiseConvLayer) DepthMultiplier(m int) *DepthwiseConvLayer {
	if m < 1 {
		l.Invalid("depth multiplier must be at least 1, got %d", m)
		return l
	}
	l.multiplier = m
	return l
}

// Strides sets the step of the window: one value, or one for each spatial axis.
// Default 1.
func (l *DepthwiseConvLayer) Strides(strides ...int) *DepthwiseConvLayer {
	refuse(l, l.window.set(&l.window.strides, "strides", strides))
	return l
}

// Padding sets the padding: Valid (default) or Same.
func (l *DepthwiseConvLayer) Padding(p PaddingMode) *DepthwiseConvLayer {
	refuse(l, l.window.setPadding(p, Valid, Same))
	return l
}

// Dilation sets the distance between the kernel's taps. Default 1.
func (l *DepthwiseConvLayer) Dilation(dilation ...int) *DepthwiseConvLayer {
	refuse(l, l.window.set(&l.window.dilation, "dilation", dilation))
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *DepthwiseConvLayer) DataFormat(f DataFormat) *DepthwiseConvLayer {
	refuse(l, l.window.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *DepthwiseConvLayer) OutputShape(in []Shape) (Shape, error) {
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
	return l.shared.activation.OutputShape(l.window.shape(out, channels*l.multiplier))
}

// Build creates kernel and bias.
func (l *DepthwiseConvLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	_, channels, err := l.window.read(in)
	l.shared.create(&l.state, append(Shape(l.window.size).Clone(), channels, l.multiplier), channels*l.multiplier)
	return err
}

// Call convolves, adds the bias and applies the activation.
func (l *DepthwiseConvLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Activate(l.shared.activation, l.window.computed(in[0], func(x *graph.Node) *graph.Node {
		return l.shared.addBias(c, xla.Depthwise(x, c.Value(l.shared.kernelWeight), l.window.convolution(x, 1)))
	}))
}

// Config returns Keras' configuration of the layer.
func (l *DepthwiseConvLayer) Config() map[string]any {
	c := l.shared.config(&l.state)
	l.window.addConfig(c)
	c["depth_multiplier"], c["activity_regularizer"] = l.multiplier, RegularizerConfig(l.activity)
	return c
}

func init() {
	for i, class := range []string{"DepthwiseConv1D", "DepthwiseConv2D"} {
		RegisterLayer(class, func(s *Settings) Layer { return readDepthwiseConv(s, i+1, class) })
	}
}

func readDepthwiseConv(s *Settings, rank int, class string) Layer {
	// Keras 2 wrote the settings of a Conv2D, too.
	s.Ignore("groups", "filters", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
	l := newDepthwiseConv(rank, class, s.Ints("kernel_size")).
		DepthMultiplier(s.Int("depth_multiplier", 1)).
		Strides(s.Ints("strides", 1)...).
		Dilation(s.Ints("dilation_rate", 1)...).
		Padding(s.Padding()).
		DataFormat(s.DataFormat())
	l.shared.read(s, &l.state)
	return l
}
