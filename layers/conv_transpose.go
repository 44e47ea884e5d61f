package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// ConvTransposeLayer is a transposed convolution: it goes from the shape of a
// convolution's result back to that of its input, images (None, h, w, in) to
// (None, h', w', filters), sequences (None, steps, in) and volumes (None, depth,
// h, w, in) alike. Variables: kernel (spatial axes…, filters, in) and, unless
// WithoutBias, bias (filters).
type ConvTransposeLayer struct {
	kernelAndBias[*ConvTransposeLayer]
	window        window
	filters       int
	outputPadding []int // nil: what strides leave
}

// Conv1DTranspose makes a transposed convolution of sequences (None, steps,
// channels): [Conv2DTranspose] with one spatial axis.
func Conv1DTranspose(filters, kernelSize int) *ConvTransposeLayer {
	return newConvTranspose(1, "Conv1DTranspose", filters, []int{kernelSize})
}

// Conv2DTranspose makes a transposed convolution with the given number of
// filters (at least 1) and kernel size: one value for a square, or height and
// width. With padding Same an axis of size h becomes h*stride, with Valid
// (h-1)*stride + max(span, stride), where span is (kernel-1)*dilation+1.
//
// Keras' defaults: strides 1, padding Valid, dilation 1, channels last, no
// activation, a bias, kernel from GlorotUniform, bias from Zeros.
func Conv2DTranspose(filters int, kernelSize ...int) *ConvTransposeLayer {
	return newConvTranspose(2, "Conv2DTranspose", filters, kernelSize)
}

// Conv3DTranspose makes a transposed convolution of volumes (None, depth,
// height, width, channels): [Conv2DTranspose] with three spatial axes.
func Conv3DTranspose(filters int, kernelSize ...int) *ConvTransposeLayer {
	return newConvTranspose(3, "Conv3DTranspose", filters, kernelSize)
}

func newConvTranspose(rank int, class string, filters int, kernelSize []int) *ConvTransposeLayer {
	l := &ConvTransposeLayer{filters: filters, window: newWindow(rank)}
	l.init(l, class)
	if filters < 1 {
		l.Invalid("filters must be at least 1, got %d", filters)
	}
	refuse(l, l.window.set(&l.window.size, "kernel size", kernelSize))
	return l
}

// Strides sets how far apart the input's positions lie in the result: one value,
// or one for each spatial axis. Default 1.
func (l *ConvTransposeLayer) Strides(strides ...int) *ConvTransposeLayer {
	refuse(l, l.window.set(&l.window.strides, "strides", strides))
	refuse(l, l.window.strideOrDilation())
	return l
}

// Padding sets the padding of the convolution that this one turns around: Valid
// (default) or Same.
func (l *ConvTransposeLayer) Padding(p PaddingMode) *ConvTransposeLayer {
	refuse(l, l.window.setPadding(p, Valid, Same))
	return l
}

// OutputPadding sets the size of the result, which strides above 1 leave open:
// one value, or one for each spatial axis, at least 0 and below the stride. An
// axis of size h becomes (h-1)*stride + padding + span with Valid, and
// (h-1)*stride + padding + span%2 with Same. See [Conv2DTranspose] for the
// default.
func (l *ConvTransposeLayer) OutputPadding(padding ...int) *ConvTransposeLayer {
	all, err := l.window.numbers("output padding", 0, padding)
	refuse(l, err)
	l.outputPadding = all
	return l
}

// Dilation sets the distance between the kernel's taps. Default 1. It cannot be
// combined with strides above 1.
func (l *ConvTransposeLayer) Dilation(dilation ...int) *ConvTransposeLayer {
	refuse(l, l.window.set(&l.window.dilation, "dilation", dilation))
	refuse(l, l.window.strideOrDilation())
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *ConvTransposeLayer) DataFormat(f DataFormat) *ConvTransposeLayer {
	refuse(l, l.window.setFormat(f))
	return l
}

// outputs returns the sizes of the result, and the paddings of the convolution
// that leads from there to examples of the given sizes; those after an example
// may be negative.
func (l *ConvTransposeLayer) outputs(sizes []int) (out []int, pads [][2]int, err error) {
	for axis, size := range sizes {
		span, stride := l.window.span(axis), l.window.strides[axis]
		reach := (size - 1) * stride
		result := reach + max(span, stride)
		if l.window.padding == Same {
			result = size * stride
		}
		if l.outputPadding != nil {
			p := l.outputPadding[axis]
			if p >= stride {
				return nil, nil, fmt.Errorf("%s: output padding must be below the stride, which is %d, got %d",
					l.window.axes()[axis], stride, p)
			}
			result = reach + span + p
			if l.window.padding == Same {
				result = reach + span%2 + p
			}
		}
		if result < 1 {
			return nil, nil, fmt.Errorf("%s: nothing is left of %d with output padding %d",
				l.window.axes()[axis], size, l.outputPadding[axis])
		}
		missing := reach + span - result
		before := 0
		if l.window.padding == Same {
			before = max(0, missing) / 2
		}
		out, pads = append(out, result), append(pads, [2]int{before, missing - before})
	}
	return out, pads, nil
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *ConvTransposeLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.window.read(in)
	if err != nil {
		return nil, err
	}
	if err := builtFor(l.shared.kernelWeight, l.window.rank+1, channels, 1); err != nil {
		return nil, err
	}
	out, _, err := l.outputs(sizes)
	if err != nil {
		return nil, err
	}
	return l.shared.activation.OutputShape(l.window.shape(out, l.filters))
}

// Build creates kernel and bias.
func (l *ConvTransposeLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	_, channels, err := l.window.read(in)
	l.shared.create(&l.state, append(Shape(l.window.size).Clone(), l.filters, channels), l.filters)
	return err
}

// Call convolves, adds the bias and applies the activation.
func (l *ConvTransposeLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Activate(l.shared.activation, l.window.computed(in[0], func(x *graph.Node) *graph.Node {
		d := x.Shape().Dimensions
		out, pads, err := l.outputs(d[1 : len(d)-1])
		if err != nil {
			panic(err)
		}
		how := xla.Convolution{Strides: l.window.strides, Dilation: l.window.dilation, Groups: 1, Pads: pads}
		return l.shared.addBias(c, xla.ConvolveTransposed(x, c.Value(l.shared.kernelWeight), out, how))
	}))
}

// Config returns Keras' configuration of the layer.
func (l *ConvTransposeLayer) Config() map[string]any {
	c := l.shared.config(&l.state)
	l.window.addConfig(c)
	c["filters"], c["output_padding"], c["activity_regularizer"] = l.filters, nil, RegularizerConfig(l.activity)
	if l.outputPadding != nil {
		c["output_padding"] = slices.Clone(l.outputPadding)
	}
	return c
}

func init() {
	for i := range 3 {
		class := fmt.Sprintf("Conv%dDTranspose", i+1)
		read := func(s *Settings) Layer { return readConvTranspose(s, i+1, class) }
		RegisterLayer(class, read)
		RegisterLayer(fmt.Sprintf("Convolution%dDTranspose", i+1), read)
	}
}

func readConvTranspose(s *Settings, rank int, class string) Layer {
	s.Only("groups", 1.0) // Keras 2 wrote it
	l := newConvTranspose(rank, class, s.Int("filters", 0), s.Ints("kernel_size")).
		Strides(s.Ints("strides", 1)...).
		Dilation(s.Ints("dilation_rate", 1)...).
		Padding(s.Padding()).
		DataFormat(s.DataFormat())
	if padding := s.Ints("output_padding"); padding != nil {
		l.OutputPadding(padding...)
	}
	l.shared.read(s, &l.state)
	return l
}
