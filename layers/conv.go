package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// ConvLayer is a convolution over one, two or three spatial axes: images (None,
// h, w, in) to (None, h', w', filters), sequences (None, steps, in) and volumes
// (None, depth, h, w, in) alike. Variables: kernel (spatial axes…, in/groups,
// filters) and, unless WithoutBias, bias (filters).
type ConvLayer struct {
	kernelAndBias[*ConvLayer]
	window          window
	filters, groups int
}

// Conv2DLayer is what [Conv2D] makes.
type Conv2DLayer = ConvLayer

// Conv1D makes a convolution of sequences (None, steps, channels) with the
// given number of filters and kernel size, both at least 1. It is [Conv2D] with
// one spatial axis, and has a third padding: Causal.
func Conv1D(filters, kernelSize int) *ConvLayer {
	return newConv(1, "Conv1D", filters, []int{kernelSize})
}

// Conv2D makes a convolution with the given number of filters (at least 1) and
// kernel size: one value for a square, or height and width.
//
//	y[n,i,j,f] = activation(bias[f] + sum over u,v,c of x[n, i*s+u*d, j*s+v*d, c] kernel[u,v,c,f])
//
// Keras' defaults: strides 1, padding Valid, dilation 1, 1 group, channels
// last, no activation, a bias, kernel from GlorotUniform, bias from Zeros.
func Conv2D(filters int, kernelSize ...int) *ConvLayer {
	return newConv(2, "Conv2D", filters, kernelSize)
}

// Conv3D makes a convolution of volumes (None, depth, height, width, channels):
// [Conv2D] with three spatial axes. The kernel size is one value for a cube, or
// depth, height and width.
func Conv3D(filters int, kernelSize ...int) *ConvLayer {
	return newConv(3, "Conv3D", filters, kernelSize)
}

func newConv(rank int, class string, filters int, kernelSize []int) *ConvLayer {
	l := &ConvLayer{filters: filters, groups: 1, window: newWindow(rank)}
	l.init(l, class)
	if filters < 1 {
		l.Invalid("filters must be at least 1, got %d", filters)
	}
	refuse(l, l.window.set(&l.window.size, "kernel size", kernelSize))
	return l
}

// Strides sets the step of the window: one value, or one for each spatial axis.
// Default 1.
func (l *ConvLayer) Strides(strides ...int) *ConvLayer {
	refuse(l, l.window.set(&l.window.strides, "strides", strides))
	refuse(l, l.window.strideOrDilation())
	return l
}

// Padding sets the padding: Valid (default), Same or, of a Conv1D, Causal.
func (l *ConvLayer) Padding(p PaddingMode) *ConvLayer {
	allowed := []PaddingMode{Valid, Same}
	if l.window.rank == 1 {
		allowed = append(allowed, Causal)
	}
	refuse(l, l.window.setPadding(p, allowed...))
	return l
}

// Dilation sets the distance between the kernel's taps. Default 1. It cannot
// be combined with strides above 1.
func (l *ConvLayer) Dilation(dilation ...int) *ConvLayer {
	refuse(l, l.window.set(&l.window.dilation, "dilation", dilation))
	refuse(l, l.window.strideOrDilation())
	return l
}

// Groups splits the input channels into groups that are convolved apart.
// Default 1. It must divide both the channels and the filters.
func (l *ConvLayer) Groups(groups int) *ConvLayer {
	if groups < 1 || l.filters%groups != 0 {
		l.Invalid("groups must be at least 1 and divide the %d filters, got %d", l.filters, groups)
		return l
	}
	l.groups = groups
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *ConvLayer) DataFormat(f DataFormat) *ConvLayer {
	refuse(l, l.window.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *ConvLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.window.read(in)
	if err != nil {
		return nil, err
	}
	if channels%l.groups != 0 {
		return nil, fmt.Errorf("%d groups do not divide %d channels", l.groups, channels)
	}
	if err := builtFor(l.shared.kernelWeight, l.window.rank, channels/l.groups, l.groups); err != nil {
		return nil, err
	}
	out, _, err := l.window.positions(sizes)
	if err != nil {
		return nil, err
	}
	return l.shared.activation.OutputShape(l.window.shape(out, l.filters))
}

// builtFor refuses channels that do not fit a kernel, whose given axis has one
// for each channel of a group.
func builtFor(kernel *Variable, axis, channels, groups int) error {
	if kernel != nil && kernel.Shape[axis] != channels {
		return fmt.Errorf("was built for %d channels, got %d", kernel.Shape[axis]*groups, channels*groups)
	}
	return nil
}

// Build creates kernel and bias.
func (l *ConvLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	_, channels, err := l.window.read(in)
	l.shared.create(&l.state, append(Shape(l.window.size).Clone(), channels/l.groups, l.filters), l.filters)
	return err
}

// Call convolves, adds the bias and applies the activation.
func (l *ConvLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Activate(l.shared.activation, l.window.computed(c.ForConvolution(in[0]), func(x *graph.Node) *graph.Node {
		return l.shared.addBias(c, xla.Convolve(x, c.Value(l.shared.kernelWeight), l.window.convolution(x, l.groups)))
	}))
}

// convolution is how the window moves over x, whose channels are last.
func (w window) convolution(x *graph.Node, groups int) xla.Convolution {
	d := x.Shape().Dimensions
	return xla.Convolution{Strides: w.strides, Dilation: w.dilation, Groups: groups, Pads: w.pads(d[1 : len(d)-1])}
}

// addConfig adds the settings of a convolution's window.
func (w window) addConfig(c map[string]any) {
	c["kernel_size"], c["strides"], c["dilation_rate"] = w.size, w.strides, w.dilation
	c["padding"], c["data_format"] = string(w.padding), string(w.format)
}

// Config returns Keras' configuration of the layer.
func (l *ConvLayer) Config() map[string]any {
	c := l.shared.config(&l.state)
	l.window.addConfig(c)
	c["filters"], c["groups"], c["activity_regularizer"] = l.filters, l.groups, RegularizerConfig(l.activity)
	return c
}

func init() {
	for i := range 3 {
		class := fmt.Sprintf("Conv%dD", i+1)
		read := func(s *Settings) Layer { return readConv(s, i+1, class) }
		RegisterLayer(class, read)
		RegisterLayer(fmt.Sprintf("Convolution%dD", i+1), read)
	}
}

func readConv(s *Settings, rank int, class string) Layer {
	l := newConv(rank, class, s.Int("filters", 0), s.Ints("kernel_size")).
		Strides(s.Ints("strides", 1)...).
		Dilation(s.Ints("dilation_rate", 1)...).
		Groups(max(1, s.Int("groups", 1))).
		Padding(s.Padding()).
		DataFormat(s.DataFormat())
	l.shared.read(s, &l.state)
	return l
}
