package layers

import "github.com/gomlx/gomlx/core/graph"

// ActivityRegularizationLayer returns its input and adds a penalty on it to the
// loss.
type ActivityRegularizationLayer struct {
	Base[*ActivityRegularizationLayer]
	l1, l2 float64
}

// ActivityRegularization makes the layer: l1*sum(|x|) + l2*sum(x²). Keras'
// defaults are 0. It is ActivityRegularizer as a layer of its own.
func ActivityRegularization(l1, l2 float64) *ActivityRegularizationLayer {
	l := &ActivityRegularizationLayer{l1: l1, l2: l2}
	l.Init(l, "ActivityRegularization")
	return l.ActivityRegularizer(L1L2(l1, l2))
}

// OutputShape is the input's shape.
func (l *ActivityRegularizationLayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call returns the input.
func (l *ActivityRegularizationLayer) Call(_ *Pass, in []*graph.Node) *graph.Node { return in[0] }

// Config returns Keras' configuration of an ActivityRegularization.
func (l *ActivityRegularizationLayer) Config() map[string]any {
	c := l.Base.Config()
	delete(c, "activity_regularizer")
	c["l1"], c["l2"] = l.l1, l.l2
	return c
}

func init() {
	RegisterLayer("ActivityRegularization", func(s *Settings) Layer {
		return ActivityRegularization(s.Float("l1", 0), s.Float("l2", 0))
	})
}
