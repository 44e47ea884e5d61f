package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// TimeDistributedLayer applies a layer to every step of a sequence: (None,
// time, …) to (None, time, …). Variables: those of the layer.
// (keras/src/layers/rnn/time_distributed.py)
type TimeDistributedLayer struct {
	Base[*TimeDistributedLayer]
	inner *wrapped
}

func init() {
	RegisterLayer("TimeDistributed", func(s *Settings) Layer {
		l := &TimeDistributedLayer{}
		l.Init(l, "TimeDistributed")
		if l.inner = readWrapped(s, "layer", "layer"); l.inner != nil {
			l.inner.check(&l.state)
		}
		return l
	})
}

// TimeDistributed makes the layer of another one, which must be part of no
// model, nor a model itself.
func TimeDistributed(layer Layer) *TimeDistributedLayer {
	l := &TimeDistributedLayer{inner: &wrapped{layer: layer, place: "layer"}}
	l.Init(l, "TimeDistributed")
	if layer == nil {
		l.Invalid("wants a layer, got nil")
		return l
	}
	l.inner.name("")
	l.inner.check(&l.state)
	return l
}

// child is the shape of one step.
func (l *TimeDistributedLayer) child(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(s) < 2 {
		return nil, fmt.Errorf("wants sequences (None, time, …), got %v", s)
	}
	return s[1:], nil
}

// OutputShape is the layer's, with the time in front.
func (l *TimeDistributedLayer) OutputShape(in []Shape) (Shape, error) {
	child, err := l.child(in)
	if err != nil {
		return nil, err
	}
	out, err := outputShape(l.inner.layer, []Shape{child})
	if err != nil {
		return nil, err
	}
	return append(Shape{in[0][0]}, out...), nil
}

// Build builds the layer.
func (l *TimeDistributedLayer) Build(in []Shape) error {
	child, err := l.child(in)
	if err != nil {
		return err
	}
	return l.inner.build(&l.state, child)
}

// Call applies the layer to all steps at once, as examples of one batch. A
// layer that keeps statistics sees one step after the other, as in Keras.
func (l *TimeDistributedLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	d := x.Shape().Dimensions
	if slices.ContainsFunc(l.variables, func(v *Variable) bool { return !v.Trainable }) {
		steps := make([]*graph.Node, d[1])
		for t := range steps {
			step := graph.Squeeze(graph.SliceAxis(x, 1, graph.AxisRange(t, t+1)), 1)
			steps[t] = c.within(l, l.inner.layer, []*graph.Node{step})
		}
		return graph.Stack(steps, 1)
	}
	mask := c.Mask
	if mask != nil {
		c.Mask = graph.Reshape(graph.BroadcastToDims(graph.Reshape(mask, d[0], 1), d[0], d[1]), d[0]*d[1])
		defer func() { c.Mask = mask }()
	}
	y := c.within(l, l.inner.layer, []*graph.Node{graph.Reshape(x, append([]int{d[0] * d[1]}, d[2:]...)...)})
	return graph.Reshape(y, append([]int{d[0], d[1]}, y.Shape().Dimensions[1:]...)...)
}

// Config returns Keras' configuration of a TimeDistributed.
func (l *TimeDistributedLayer) Config() map[string]any {
	c := l.Base.Config()
	c["layer"] = l.inner.config()
	return c
}
