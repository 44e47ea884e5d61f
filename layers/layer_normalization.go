package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// LayerNormalizationLayer normalizes each example by itself along some axes;
// the shape stays. Variables, of the shape of these axes: gamma and beta.
type LayerNormalizationLayer struct {
	gammaAndBeta[*LayerNormalizationLayer]
	axes []int
	rms  bool
}

// LayerNormalization makes the layer (Ba et al., 2016, arXiv:1607.06450):
//
//	y = gamma (x-mean)/sqrt(variance+epsilon) + beta
//
// with mean and (biased) variance along the last axis. Keras' defaults: axis
// -1, epsilon 0.001, gamma and beta.
func LayerNormalization() *LayerNormalizationLayer {
	l := &LayerNormalizationLayer{axes: []int{-1}}
	l.init(l, "LayerNormalization")
	return l
}

// Axis sets the axes, counted with the batch axis as 0, or from the end if
// negative. Default -1.
func (l *LayerNormalizationLayer) Axis(axes ...int) *LayerNormalizationLayer {
	if len(axes) == 0 {
		l.Invalid("wants at least one axis")
		return l
	}
	l.axes = sortedAxes(axes)
	return l
}

// sortedAxes are in the order in which Keras has the sizes of gamma's shape.
func sortedAxes(axes []int) []int {
	axes = slices.Clone(axes)
	slices.Sort(axes)
	return axes
}

// RMSScaling is Keras' rms_scaling, which Keras advises against and which
// older files have: x/sqrt(variance+epsilon) times gamma, without beta. For the
// root mean square take [RMSNormalization].
func (l *LayerNormalizationLayer) RMSScaling() *LayerNormalizationLayer {
	l.rms = true
	return l
}

// OutputShape is the input's shape.
func (l *LayerNormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	_, shape, err := alongAxes(l.axes, s)
	if built := l.builtShape(); err == nil && built != nil && !built.Equal(shape) {
		err = fmt.Errorf("was built for axes of the sizes %s, got %s", built.Tuple(), shape.Tuple())
	}
	return s, err
}

// alongAxes are axes as places in the shape of an example, and their sizes.
func alongAxes(axes []int, of Shape) (places []int, sizes Shape, err error) {
	if places, err = valueAxes(axes, of); err != nil {
		return nil, nil, err
	}
	for _, p := range places {
		sizes = append(sizes, of[p])
	}
	return places, sizes, nil
}

// Build creates the variables.
func (l *LayerNormalizationLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	_, shape, err := alongAxes(l.axes, in[0])
	if err != nil {
		return err
	}
	if l.rms {
		l.gammaWeight = l.AddWeight("gamma", shape, l.gamma)
		return nil
	}
	l.create(shape)
	return nil
}

// Call normalizes.
func (l *LayerNormalizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	example := Shape(x.Shape().Dimensions[1:])
	places, _, err := alongAxes(l.axes, example)
	if err != nil {
		panic(err)
	}
	mean, variance := meanAndVariance(x, l.axes)
	if l.rms {
		mean = graph.ZerosLike(mean)
	}
	return l.normalize(c, x, mean, variance, onesBut(example, places))
}

// Config returns Keras' configuration of a LayerNormalization.
func (l *LayerNormalizationLayer) Config() map[string]any {
	c := l.gammaAndBeta.Config()
	c["axis"], c["rms_scaling"] = l.axes, l.rms
	return c
}

func init() {
	RegisterLayer("LayerNormalization", func(s *Settings) Layer {
		l := LayerNormalization().Axis(s.Ints("axis", -1)...)
		readGammaAndBeta(s, &l.gammaAndBeta)
		l.rms = s.Bool("rms_scaling", false)
		return l
	})
}
