package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// Conv2DLayer is a 2-D convolution: (None, h, w, in) to (None, h', w',
// filters). Variables: kernel (kh, kw, in/groups, filters) and, unless
// WithoutBias, bias (filters).
type Conv2DLayer struct {
	kernelAndBias[*Conv2DLayer]
	filters, groups int
	window          window
}

// Conv2D makes a convolution with the given number of filters (at least 1) and
// kernel size: one value for a square, or height and width.
//
//	y[n,i,j,f] = activation(bias[f] + sum over u,v,c of x[n, i*s+u*d, j*s+v*d, c] kernel[u,v,c,f])
//
// Keras' defaults: strides 1, padding Valid, dilation 1, 1 group, no
// activation, a bias, kernel from GlorotUniform, bias from Zeros.
func Conv2D(filters int, kernelSize ...int) *Conv2DLayer {
	l := &Conv2DLayer{
		filters: filters, groups: 1,
		window: window{strides: [2]int{1, 1}, dilation: [2]int{1, 1}, padding: Valid},
	}
	l.init(l, "Conv2D")
	if filters < 1 {
		l.Invalid("filters must be at least 1, got %d", filters)
	}
	l.pair(&l.window.size, "kernel size", kernelSize)
	return l
}

// pair sets one of the window's pairs from an option's values.
func (l *Conv2DLayer) pair(to *[2]int, what string, values []int) {
	p, err := pair(what, 1, values)
	if err != nil {
		l.Invalid("%w", err)
		return
	}
	*to = p
	if l.window.strides != [2]int{1, 1} && l.window.dilation != [2]int{1, 1} {
		l.Invalid("strides %v and dilation %v cannot both differ from 1", l.window.strides, l.window.dilation)
	}
}

// Strides sets the step of the window: one value, or height and width.
// Default 1.
func (l *Conv2DLayer) Strides(strides ...int) *Conv2DLayer {
	l.pair(&l.window.strides, "strides", strides)
	return l
}

// Padding sets the padding: Valid (default) or Same.
func (l *Conv2DLayer) Padding(p PaddingMode) *Conv2DLayer {
	if err := p.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.window.padding = p
	return l
}

// Dilation sets the distance between the kernel's taps. Default 1. It cannot
// be combined with strides above 1.
func (l *Conv2DLayer) Dilation(dilation ...int) *Conv2DLayer {
	l.pair(&l.window.dilation, "dilation", dilation)
	return l
}

// Groups splits the input channels into groups that are convolved apart.
// Default 1. It must divide both the channels and the filters.
func (l *Conv2DLayer) Groups(groups int) *Conv2DLayer {
	if groups < 1 || l.filters%groups != 0 {
		l.Invalid("groups must be at least 1 and divide the %d filters, got %d", l.filters, groups)
		return l
	}
	l.groups = groups
	return l
}

// OutputShape wants one image.
func (l *Conv2DLayer) OutputShape(in []Shape) (Shape, error) {
	h, w, channels, err := oneImage(in)
	if err != nil {
		return nil, err
	}
	if channels%l.groups != 0 {
		return nil, fmt.Errorf("%d groups do not divide %d channels", l.groups, channels)
	}
	if l.kernelWeight != nil && l.kernelWeight.Shape[2]*l.groups != channels {
		return nil, fmt.Errorf("was built for %d channels, got %d", l.kernelWeight.Shape[2]*l.groups, channels)
	}
	h, w, _, err = l.window.image(h, w)
	return Shape{h, w, l.filters}, err
}

// Build creates kernel and bias.
func (l *Conv2DLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	shape := Shape{l.window.size[0], l.window.size[1], in[0][2] / l.groups, l.filters}
	l.create(shape)
	return nil
}

// Call convolves, adds the bias and applies the activation.
func (l *Conv2DLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := c.ForConvolution(in[0])
	_, _, pads, err := l.window.image(x.Shape().Dimensions[1], x.Shape().Dimensions[2])
	if err != nil {
		panic(err)
	}
	how := xla.Convolution{Strides: l.window.strides, Dilation: l.window.dilation, Groups: l.groups, Pads: pads}
	return l.finish(c, xla.Convolve(x, c.Value(l.kernelWeight), how))
}

// Config returns Keras' configuration of a Conv2D.
func (l *Conv2DLayer) Config() map[string]any {
	c := l.kernelAndBias.Config()
	c["filters"] = l.filters
	c["kernel_size"] = l.window.size
	c["strides"] = l.window.strides
	c["padding"] = string(l.window.padding)
	c["data_format"] = "channels_last"
	c["dilation_rate"] = l.window.dilation
	c["groups"] = l.groups
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	return c
}
