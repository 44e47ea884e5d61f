package layers

import "github.com/gomlx/gomlx/core/graph"

// UnitNormalizationLayer divides each example by its Euclidean norm along some
// axes; the shape stays.
type UnitNormalizationLayer struct {
	Base[*UnitNormalizationLayer]
	axes []int
}

// UnitNormalization makes the layer; norms count as 1e-12 where they are
// smaller. Keras' default is the last axis.
func UnitNormalization() *UnitNormalizationLayer {
	l := &UnitNormalizationLayer{axes: []int{-1}}
	l.Init(l, "UnitNormalization")
	l.AlwaysFloat32()
	return l
}

// Axis sets the axes, counted with the batch axis as 0, or from the end if
// negative. Default -1.
func (l *UnitNormalizationLayer) Axis(axes ...int) *UnitNormalizationLayer {
	if len(axes) == 0 {
		l.Invalid("wants at least one axis")
		return l
	}
	l.axes = axes
	return l
}

// OutputShape is the input's shape.
func (l *UnitNormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	_, err = valueAxes(l.axes, s)
	return s, err
}

// Call normalizes.
func (l *UnitNormalizationLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return unitNorm(in[0], 1e-12, l.axes...)
}

// Config returns Keras' configuration of a UnitNormalization.
func (l *UnitNormalizationLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axis"] = axisConfig(l.axes)
	return c
}

func init() {
	RegisterLayer("UnitNormalization", func(s *Settings) Layer {
		return UnitNormalization().Axis(s.Ints("axis", -1)...)
	})
}
