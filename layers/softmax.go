package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// SoftmaxLayer is exp(x)/sum(exp(x)) over one axis or several; the shape stays.
type SoftmaxLayer struct {
	Base[*SoftmaxLayer]
	axes []int
}

// NewSoftmax makes Keras' Softmax layer over the last axis. ([Softmax] is the
// activation function that Dense and Conv2D take.)
func NewSoftmax() *SoftmaxLayer {
	l := &SoftmaxLayer{axes: []int{-1}}
	l.Init(l, "Softmax")
	return l
}

// Axis sets the axis, counted with the batch axis as 0, or from the end if
// negative; of several, their values sum to 1 together. Default -1.
func (l *SoftmaxLayer) Axis(axes ...int) *SoftmaxLayer {
	if len(axes) == 0 {
		l.Invalid("wants at least one axis")
		return l
	}
	l.axes = axes
	return l
}

// OutputShape is the input's shape.
func (l *SoftmaxLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	_, err = valueAxes(l.axes, s)
	return s, err
}

// Call applies the softmax. Where a mask has the input's shape, values that do
// not count get none of the sum.
func (l *SoftmaxLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	if mask := c.StepMask(in[0]); mask != nil {
		if mask.Rank() != in[0].Rank() {
			panic(fmt.Errorf("layers: %s: wants inputs of the mask's shape %v, got %v, as in Keras; "+
				"an Activation(Softmax) takes any", describe(l), mask.Shape().Dimensions, in[0].Shape().Dimensions))
		}
		hidden := graph.BroadcastToShape(graph.Scalar(c.Graph, in[0].DType(), -1e9), in[0].Shape())
		return c.Softmax(graph.Where(mask, in[0], hidden), l.axes...)
	}
	return c.Softmax(in[0], l.axes...)
}

// Config returns Keras' configuration of a Softmax.
func (l *SoftmaxLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axis"] = axisConfig(l.axes)
	return c
}

// valueAxes are axes of a batch, counted with the batch axis as 0 or from the
// end if negative, as places in the shape of an example: from 0 on, each once.
func valueAxes(axes []int, of Shape) ([]int, error) {
	var places []int
	seen := map[int]bool{}
	for _, axis := range axes {
		place := axis - 1
		if axis < 0 {
			place = len(of) + axis
		}
		switch {
		case place == -1:
			return nil, fmt.Errorf("axis %d of %v is the batch axis", axis, of)
		case place < -1 || place >= len(of):
			return nil, fmt.Errorf("axis %d is outside of %v", axis, of)
		case seen[place]:
			return nil, fmt.Errorf("axes %v of %v name one axis twice", axes, of)
		}
		seen[place] = true
		places = append(places, place)
	}
	return places, nil
}
