package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// ConcatenateLayer joins inputs along one axis; all other
// dimensions must agree.
type ConcatenateLayer struct {
	Base[*ConcatenateLayer]
	axis int
}

// Concatenate makes the layer for the last axis.
func Concatenate() *ConcatenateLayer {
	l := &ConcatenateLayer{axis: -1}
	l.Init(l, "Concatenate")
	return l
}

// Axis sets the axis, counted with the batch axis as 0, or from the end if
// negative; not the batch axis itself. Default -1.
func (l *ConcatenateLayer) Axis(axis int) *ConcatenateLayer {
	if axis == 0 {
		l.Invalid("axis must not be the batch axis 0")
	}
	l.axis = axis
	return l
}

// OutputShape adds up the dimensions of the axis.
func (l *ConcatenateLayer) OutputShape(in []Shape) (Shape, error) {
	if len(in) < 1 {
		return nil, fmt.Errorf("wants at least 1 input, got %d", len(in))
	}
	axis := l.axis - 1 // shapes lack the batch axis
	if l.axis < 0 {
		axis = len(in[0]) + l.axis
	}
	if axis < 0 || axis >= len(in[0]) {
		return nil, fmt.Errorf("axis %d is outside of %v", l.axis, in[0])
	}
	out := in[0].Clone()
	for i, s := range in[1:] {
		if len(s) != len(out) || !slices.Equal(s[:axis], out[:axis]) || !slices.Equal(s[axis+1:], out[axis+1:]) {
			return nil, fmt.Errorf("wants inputs that differ in axis %d only, got %v and, at %d, %v", l.axis, in[0], i+1, s)
		}
		out[axis] += s[axis]
	}
	return out, nil
}

// Call joins.
func (l *ConcatenateLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return graph.Concatenate(in, l.axis)
}

// OutputMask joins the masks along time; along another axis a step counts where
// it does in one of the inputs. An input without a mask counts everywhere.
func (l *ConcatenateLayer) OutputMask(_ *Pass, in, masks []*graph.Node) *graph.Node {
	if !slices.ContainsFunc(masks, func(m *graph.Node) bool { return m != nil }) {
		return nil
	}
	wide := make([]*graph.Node, len(in))
	for i, x := range in {
		shape := withDType(x, dtypes.Bool)
		if masks[i] == nil {
			wide[i] = graph.BroadcastToShape(graph.Const(x.Graph(), true), shape)
		} else {
			wide[i] = graph.BroadcastToShape(stepsLike(masks[i], x), shape)
		}
	}
	together := graph.ConvertDType(graph.Concatenate(wide, l.axis), dtypes.Int32)
	largest := graph.ReduceMax(together, -1)
	return graph.GreaterThan(largest, graph.ScalarZero(largest.Graph(), dtypes.Int32))
}

// Config returns Keras' configuration of a Concatenate.
func (l *ConcatenateLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axis"] = l.axis
	return c
}
