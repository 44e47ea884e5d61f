package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// MergeLayer combines inputs value by value: Keras' Add, Subtract, Multiply,
// Average, Maximum and Minimum. Inputs are broadcast as in Keras: their shapes
// are compared from the last axis on, a dimension of 1 fits every other one,
// and missing axes count as 1.
type MergeLayer struct {
	Base[*MergeLayer]
	fewest, most int // of the inputs; most 0 is no limit
	combine      func(in []*graph.Node) *graph.Node
}

func newMerge(class string, fewest, most int, combine func(in []*graph.Node) *graph.Node) *MergeLayer {
	l := &MergeLayer{fewest: fewest, most: most, combine: combine}
	l.Init(l, class)
	return l
}

// Add makes a layer of the sum of one or more inputs.
func Add() *MergeLayer { return newMerge("Add", 1, 0, folded(graph.Add)) }

// Subtract makes a layer of the first of two inputs minus the second.
func Subtract() *MergeLayer { return newMerge("Subtract", 2, 2, folded(graph.Sub)) }

// Multiply makes a layer of the product of one or more inputs.
func Multiply() *MergeLayer { return newMerge("Multiply", 1, 0, folded(graph.Mul)) }

// Average makes a layer of the mean of one or more inputs.
func Average() *MergeLayer {
	sum := folded(graph.Add)
	return newMerge("Average", 1, 0, func(in []*graph.Node) *graph.Node {
		return graph.DivScalar(sum(in), float64(len(in)))
	})
}

// Maximum makes a layer of the largest of one or more inputs. The gradient goes
// to the first of equal ones, as in TensorFlow.
func Maximum() *MergeLayer {
	return newMerge("Maximum", 1, 0, folded(func(x, y *graph.Node) *graph.Node {
		return graph.Where(graph.LogicalOr(graph.GreaterOrEqual(x, y), isNaN(x)), x, y)
	}))
}

// Minimum makes a layer of the smallest of one or more inputs. The gradient
// goes to the first of equal ones, as in TensorFlow.
func Minimum() *MergeLayer {
	return newMerge("Minimum", 1, 0, folded(func(x, y *graph.Node) *graph.Node {
		return graph.Where(graph.LogicalOr(graph.LessOrEqual(x, y), isNaN(x)), x, y)
	}))
}

func isNaN(x *graph.Node) *graph.Node { return graph.NotEqual(x, x) }

// folded combines the first two inputs, then the result with the third, and so
// on.
func folded(f func(x, y *graph.Node) *graph.Node) func(in []*graph.Node) *graph.Node {
	return func(in []*graph.Node) *graph.Node {
		y := in[0]
		for _, x := range in[1:] {
			y = f(y, x)
		}
		return y
	}
}

// OutputShape is the shape that all inputs are broadcast to.
func (l *MergeLayer) OutputShape(in []Shape) (Shape, error) {
	switch {
	case len(in) < l.fewest && l.most == l.fewest, l.most > 0 && len(in) > l.most:
		return nil, fmt.Errorf("wants exactly %d inputs, got %d", l.most, len(in))
	case len(in) < l.fewest:
		return nil, fmt.Errorf("wants at least %d inputs, got %d", l.fewest, len(in))
	}
	out := in[0]
	for i, s := range in[1:] {
		var ok bool
		if out, ok = broadcast(out, s); !ok {
			return nil, fmt.Errorf("wants inputs of one shape, or with 1 where they differ, got %v and, at %d, %v",
				in[0], i+1, s)
		}
	}
	return out, nil
}

// broadcast is the shape to which two are broadcast, and whether they can be.
func broadcast(a, b Shape) (Shape, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := a.Clone()
	tail := out[len(a)-len(b):]
	for i, d := range b {
		switch {
		case tail[i] == 1:
			tail[i] = d
		case d != 1 && d != tail[i]:
			return nil, false
		}
	}
	return out, true
}

// Call broadcasts and combines.
func (l *MergeLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	shapes := make([]Shape, len(in))
	for i, x := range in {
		shapes[i] = x.Shape().Dimensions[1:]
	}
	out, err := l.OutputShape(shapes)
	if err != nil {
		panic(err)
	}
	wide := make([]*graph.Node, len(in))
	for i, x := range in {
		for x.Rank() < 1+len(out) {
			x = graph.InsertAxes(x, 1)
		}
		if !out.Equal(x.Shape().Dimensions[1:]) {
			x = graph.BroadcastToDims(x, append([]int{x.Shape().Dimensions[0]}, out...)...)
		}
		wide[i] = x
	}
	return l.combine(wide)
}

// OutputMask is true where one of the inputs' masks is, if all have one.
func (l *MergeLayer) OutputMask(_ *Pass, _, masks []*graph.Node) *graph.Node {
	mask := masks[0]
	for _, m := range masks[1:] {
		if mask == nil || m == nil {
			return nil
		}
		mask = graph.LogicalOr(mask, m)
	}
	return mask
}

func init() {
	for _, merge := range []func() *MergeLayer{Add, Subtract, Multiply, Average, Maximum, Minimum} {
		RegisterLayer(merge().Class(), func(*Settings) Layer { return merge() })
	}
}
