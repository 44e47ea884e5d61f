package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gomlx/gomlx/core/graph"
)

// PReLULayer is x where x > 0 and alpha*x elsewhere, with alphas that are
// trained; the shape stays. Variable: alpha, of the input's shape with size 1
// on the shared axes.
type PReLULayer struct {
	Base[*PReLULayer]
	options WeightOptions
	shared  []int
	alpha   *Variable
}

// PReLU makes the layer (He et al., 2015, arXiv:1502.01852). Keras' defaults:
// alpha starts at Zeros, and every value of an example has its own.
func PReLU() *PReLULayer {
	l := &PReLULayer{options: WeightOptions{Initializer: Zeros}}
	l.Init(l, "PReLU")
	return l
}

// SharedAxes sets the axes along which alphas are shared, counted with the
// batch axis as 0: 1, 2 for one alpha for each channel of images. Default none.
func (l *PReLULayer) SharedAxes(axes ...int) *PReLULayer {
	for _, axis := range axes {
		if axis < 1 {
			l.Invalid("shared axes must be at least 1, the batch axis being 0, got %d", axis)
		}
	}
	l.shared = axes
	return l
}

// Alpha sets how the alphas start, their penalty and their bounds. Default
// Zeros without either.
func (l *PReLULayer) Alpha(o WeightOptions) *PReLULayer {
	l.options.replace(&l.state, "alpha", o)
	return l
}

// OutputShape is the input's shape.
func (l *PReLULayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	want, err := l.alphas(s)
	if err == nil && l.alpha != nil && !l.alpha.Shape.Equal(want) {
		err = fmt.Errorf("was built for alphas of shape %s, an input %v wants %s", l.alpha.Shape.Tuple(), s, want.Tuple())
	}
	return s, err
}

// alphas is the shape of the variable for an input.
func (l *PReLULayer) alphas(in Shape) (Shape, error) {
	if len(in) < 1 {
		return nil, fmt.Errorf("wants at least one axis beside the batch, got %v", in)
	}
	out := in.Clone()
	for _, axis := range l.shared {
		if axis > len(in) {
			return nil, fmt.Errorf("shared axis %d is outside of %v", axis, in)
		}
		out[axis-1] = 1
	}
	return out, nil
}

// Build creates the alphas.
func (l *PReLULayer) Build(in []Shape) error {
	s, err := oneInput(in)
	if err != nil {
		return err
	}
	shape, err := l.alphas(s)
	if err != nil {
		return err
	}
	l.alpha = l.AddWeight("alpha", shape, l.options)
	return nil
}

// Call applies the function. The gradient at 0 is 0, as in Keras.
func (l *PReLULayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	alpha := graph.ExpandLeftToRank(c.Value(l.alpha), x.Rank())
	below := activations.ReLU(graph.Neg(x))
	return graph.Sub(activations.ReLU(x), graph.Mul(alpha, below))
}

// Config returns Keras' configuration of a PReLU.
func (l *PReLULayer) Config() map[string]any {
	c := l.Base.Config()
	l.options.AddConfig(c, "alpha")
	c["shared_axes"] = nil
	if l.shared != nil {
		c["shared_axes"] = l.shared
	}
	return c
}

func init() {
	RegisterLayer("PReLU", func(s *Settings) Layer {
		return PReLU().Alpha(s.WeightOptions("alpha", Zeros)).SharedAxes(s.Ints("shared_axes")...)
	})
}
