package layers

import "github.com/gomlx/gomlx/core/graph"

// ActivationLayer applies an activation function; the shape stays, but for Glu.
type ActivationLayer struct {
	Base[*ActivationLayer]
	function ActivationFunc
}

// Activation makes a layer of an activation function.
func Activation(f ActivationFunc) *ActivationLayer {
	l := &ActivationLayer{function: f}
	l.Init(l, "Activation")
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	return l
}

// OutputShape is the input's shape; Glu halves the last axis.
func (l *ActivationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	return l.function.OutputShape(s)
}

// Call applies the function.
func (l *ActivationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return c.Activate(l.function, in[0])
}

// Config returns Keras' configuration of an Activation.
func (l *ActivationLayer) Config() map[string]any {
	c := l.Base.Config()
	c["activation"] = ActivationConfig(l.function)
	return c
}
