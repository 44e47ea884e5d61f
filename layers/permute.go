package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// PermuteLayer puts the axes of an example into another order.
type PermuteLayer struct {
	Base[*PermuteLayer]
	dims []int
}

// Permute makes the layer. The arguments are the numbers of all axes, from 1 on
// (the batch axis is 0 and stays), in the order that the result has:
// Permute(2, 1) exchanges the two axes of a sequence.
func Permute(dims ...int) *PermuteLayer {
	l := &PermuteLayer{dims: slices.Clone(dims)}
	l.Init(l, "Permute")
	for i, d := range slices.Sorted(slices.Values(dims)) {
		if d != i+1 {
			l.Invalid("dims must have each number from 1 to %d once, got %v", len(dims), dims)
		}
	}
	return l
}

// OutputShape wants one input of as many axes as the layer has dims.
func (l *PermuteLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(s) != len(l.dims) {
		return nil, fmt.Errorf("wants %d axes beside the batch, got %v", len(l.dims), s)
	}
	var out Shape
	for _, d := range l.dims {
		out = append(out, s[d-1])
	}
	return out, nil
}

// Call transposes.
func (l *PermuteLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return graph.TransposeAllAxes(in[0], append([]int{0}, l.dims...)...)
}

// Config returns Keras' configuration of a Permute.
func (l *PermuteLayer) Config() map[string]any {
	c := l.Base.Config()
	c["dims"] = append([]int{}, l.dims...)
	return c
}

func init() {
	RegisterLayer("Permute", func(s *Settings) Layer { return Permute(s.Ints("dims")...) })
}
