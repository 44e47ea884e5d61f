package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// AddLayer adds two or more inputs of the same shape.
type AddLayer struct{ Base[*AddLayer] }

// Add makes the layer.
func Add() *AddLayer {
	l := &AddLayer{}
	l.Init(l, "Add")
	return l
}

// OutputShape is the inputs' common shape.
func (l *AddLayer) OutputShape(in []Shape) (Shape, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("wants at least 2 inputs, got %d", len(in))
	}
	for i, s := range in {
		if !s.Equal(in[0]) {
			return nil, fmt.Errorf("wants inputs of one shape, got %v and, at %d, %v", in[0], i, s)
		}
	}
	return in[0], nil
}

// Call adds.
func (l *AddLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	sum := in[0]
	for _, x := range in[1:] {
		sum = graph.Add(sum, x)
	}
	return sum
}
