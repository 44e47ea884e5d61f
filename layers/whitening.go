package layers

import (
	"errors"
	"fmt"
	"math"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// WhiteningLayer is a convolution whose kernel is found from examples and stays
// as it is: images (None, h, w, channels) to (None, h', w', filters). Variables:
// bias (filters), unless WithoutBias, and kernel (height, width, channels,
// filters), which training does not change.
type WhiteningLayer struct {
	Base[*WhiteningLayer]
	window   window
	epsilon  float64
	useBias  bool
	bias     WeightOptions
	patches  *covariance // what Adapt found before the layer was built
	kernel   *Variable
	biasUsed *Variable
}

// Whitening makes the layer for patches of one size, or of a height and a width.
// Its filters are the eigenvectors of the patches' covariance, divided by
// sqrt(eigenvalue+epsilon), and then the same with the other sign: over the
// examples of [WhiteningLayer.Adapt] the results are uncorrelated and of size 1,
// so that a network need not learn that first. There are twice as many filters
// as values in a patch. (Page 2019; Jordan 2024, arXiv:2404.00498)
//
// Before Adapt the covariance is that of independent values of variance 1.
// Defaults: padding Valid, epsilon 0.0005, a bias from Zeros.
func Whitening(size ...int) *WhiteningLayer {
	l := &WhiteningLayer{window: newWindow(2), epsilon: 5e-4, useBias: true}
	l.Init(l, "gocifar>Whitening")
	l.bias.Initializer = Zeros
	refuse(l, l.window.set(&l.window.size, "kernel size", size))
	return l
}

// Epsilon sets what is added to the eigenvalues, at least 0: it keeps directions
// in which patches hardly differ from being blown up. Default 0.0005.
func (l *WhiteningLayer) Epsilon(e float64) *WhiteningLayer {
	if err := checkEpsilon(e); err != nil {
		l.Invalid("%w", err)
	}
	l.epsilon = e
	return l
}

// WithoutBias leaves the bias out.
func (l *WhiteningLayer) WithoutBias() *WhiteningLayer {
	l.useBias = false
	return l
}

// BiasInitializer sets how the bias starts. Default Zeros.
func (l *WhiteningLayer) BiasInitializer(i Initializer) *WhiteningLayer {
	l.bias.set(&l.state, "bias", func(o *WeightOptions) { o.Initializer = i })
	return l
}

// filters is the number of filters for images of so many channels.
func (l *WhiteningLayer) filters(channels int) int {
	return 2 * l.window.size[0] * l.window.size[1] * channels
}

// OutputShape wants one input of images.
func (l *WhiteningLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.window.read(in)
	if err != nil {
		return nil, err
	}
	known := 0
	switch {
	case l.kernel != nil:
		known = l.kernel.Shape[2]
	case l.patches != nil:
		known = l.patches.channels
	}
	if known != 0 && known != channels {
		return nil, fmt.Errorf("has filters for %d channels, got %d", known, channels)
	}
	out, _, err := l.window.positions(sizes)
	if err != nil {
		return nil, err
	}
	return l.window.shape(out, l.filters(channels)), nil
}

// Build creates the variables.
func (l *WhiteningLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	_, channels, err := l.window.read(in)
	if err != nil {
		return err
	}
	filters := l.filters(channels)
	if l.useBias {
		l.biasUsed = l.AddWeight("bias", Shape{filters}, l.bias)
	}
	size := l.window.size
	l.kernel = l.AddVariable("kernel", Shape{size[0], size[1], channels, filters}, Zeros, false)
	if l.patches == nil {
		l.kernel.Initializer = fixed{whiteningFilters(independent(filters/2), l.epsilon)}
		return nil
	}
	return l.take(l.patches)
}

// Adapt finds the filters from examples of the layer's input, with or without
// labels. It may be called before the layer is part of a model or after.
func (l *WhiteningLayer) Adapt(e *Examples) error {
	fail := func(err error) error { return fmt.Errorf("layers: adapting %s: %w", describe(l), err) }
	if err := e.check(false); err != nil {
		return fail(err)
	}
	inputs := e.inputs()
	if len(inputs) != 1 || len(inputs[0].Shape) != 3 {
		return fail(errors.New("wants examples of one input, images of (height, width, channels)"))
	}
	if _, err := l.OutputShape([]Shape{Shape(inputs[0].Shape)}); err != nil {
		return fail(err)
	}
	found := patchCovariance(&inputs[0], l.window.size[0], l.window.size[1])
	for _, row := range found.matrix {
		for _, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fail(errors.New("wants finite examples"))
			}
		}
	}
	if l.kernel == nil {
		l.patches = found
		return nil
	}
	if err := l.take(found); err != nil {
		return fail(err)
	}
	return nil
}

// take makes the filters of patches the kernel, which also starts with them
// from then on.
func (l *WhiteningLayer) take(c *covariance) error {
	filters := whiteningFilters(c.matrix, l.epsilon)
	l.kernel.Initializer = fixed{filters}
	return l.kernel.SetFlat(filters)
}

// Call convolves and adds the bias.
func (l *WhiteningLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := c.ForConvolution(in[0])
	y := xla.Convolve(x, c.Value(l.kernel), l.window.convolution(x, 1))
	if l.biasUsed == nil {
		return y
	}
	return xla.AddBias(y, c.Value(l.biasUsed))
}

// Config returns the configuration of a Whitening.
func (l *WhiteningLayer) Config() map[string]any {
	c := l.Base.Config()
	c["kernel_size"], c["epsilon"], c["use_bias"] = l.window.size, l.epsilon, l.useBias
	l.bias.AddConfig(c, "bias")
	return c
}

func init() {
	RegisterLayer("gocifar>Whitening", func(s *Settings) Layer {
		l := Whitening(s.Ints("kernel_size")...).Epsilon(s.Float("epsilon", 5e-4))
		l.useBias = s.Bool("use_bias", true)
		l.bias = s.WeightOptions("bias", Zeros)
		return l
	})
}
