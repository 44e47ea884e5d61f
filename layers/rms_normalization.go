package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// RMSNormalizationLayer divides each example by its root mean square along some
// axes; the shape stays. Variable, of the shape of these axes: scale.
type RMSNormalizationLayer struct {
	Base[*RMSNormalizationLayer]
	axes    []int
	epsilon float64
	scale   *Variable
}

// RMSNormalization makes the layer (Zhang and Sennrich, 2019,
// arXiv:1910.07467):
//
//	y = scale x/sqrt(mean(x²)+epsilon)
//
// Keras' defaults: axis -1, epsilon 1e-6. The scale starts at 1.
func RMSNormalization() *RMSNormalizationLayer {
	l := &RMSNormalizationLayer{axes: []int{-1}, epsilon: 1e-6}
	l.Init(l, "RMSNormalization")
	l.AlwaysFloat32()
	return l
}

// Axis sets the axes, counted with the batch axis as 0, or from the end if
// negative: the last one or several, since Keras multiplies by the scale from
// the last axis on. Default -1.
func (l *RMSNormalizationLayer) Axis(axes ...int) *RMSNormalizationLayer {
	if len(axes) == 0 {
		l.Invalid("wants at least one axis")
		return l
	}
	l.axes = sortedAxes(axes)
	return l
}

// Epsilon sets what is added to the mean square, at least 0. Default 1e-6.
func (l *RMSNormalizationLayer) Epsilon(e float64) *RMSNormalizationLayer {
	if err := checkEpsilon(e); err != nil {
		l.Invalid("%w", err)
	}
	l.epsilon = e
	return l
}

// OutputShape is the input's shape.
func (l *RMSNormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	places, shape, err := alongAxes(l.axes, s)
	if err == nil && slices.Min(places) != len(s)-len(places) {
		err = fmt.Errorf("wants the last axes of %v, got axes %v", s, l.axes)
	}
	if err == nil && l.scale != nil && !l.scale.Shape.Equal(shape) {
		err = fmt.Errorf("was built for axes of the sizes %s, got %s", l.scale.Shape.Tuple(), shape.Tuple())
	}
	return s, err
}

// Build creates the scale.
func (l *RMSNormalizationLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	_, shape, err := alongAxes(l.axes, in[0])
	if err != nil {
		return err
	}
	l.scale = l.AddVariable("scale", shape, Ones, true)
	return nil
}

// Call normalizes.
func (l *RMSNormalizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	example := Shape(x.Shape().Dimensions[1:])
	places, _, err := alongAxes(l.axes, example)
	if err != nil {
		panic(err)
	}
	square := graph.ReduceAndKeep(graph.Square(x), graph.ReduceMean, l.axes...)
	x = graph.Div(x, graph.Sqrt(graph.AddScalar(square, l.epsilon)))
	return graph.Mul(x, graph.Reshape(c.Value(l.scale), onesBut(example, places)...))
}

// Config returns Keras' configuration of an RMSNormalization.
func (l *RMSNormalizationLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axis"], c["epsilon"] = l.axes, l.epsilon
	return c
}

func init() {
	RegisterLayer("RMSNormalization", func(s *Settings) Layer {
		return RMSNormalization().Axis(s.Ints("axis", -1)...).Epsilon(s.Float("epsilon", 1e-6))
	})
}
