package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// SoftmaxLayer is exp(x)/sum(exp(x)) over one axis; the shape stays.
type SoftmaxLayer struct {
	Base[*SoftmaxLayer]
	axis int
}

// NewSoftmax makes Keras' Softmax layer over the last axis. ([Softmax] is the
// activation function that Dense and Conv2D take.)
func NewSoftmax() *SoftmaxLayer {
	l := &SoftmaxLayer{axis: -1}
	l.Init(l, "Softmax")
	return l
}

// Axis sets the axis, counted with the batch axis as 0, or from the end if
// negative. Default -1.
func (l *SoftmaxLayer) Axis(axis int) *SoftmaxLayer {
	if axis == 0 {
		l.Invalid("axis must not be the batch axis 0")
	}
	l.axis = axis
	return l
}

// OutputShape is the input's shape.
func (l *SoftmaxLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err == nil && (l.axis > len(s) || l.axis < -len(s)) {
		err = fmt.Errorf("axis %d is outside of %v", l.axis, s)
	}
	return s, err
}

// Call applies the softmax.
func (l *SoftmaxLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return c.Softmax(in[0], l.axis) }

// Config returns Keras' configuration of a Softmax.
func (l *SoftmaxLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axis"] = l.axis
	return c
}
