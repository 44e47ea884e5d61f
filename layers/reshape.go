package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// ReshapeLayer gives the values of an example another shape, in row-major
// order: (None, …) to (None, target…).
type ReshapeLayer struct {
	Base[*ReshapeLayer]
	target []int
}

// Reshape makes the layer. The target is the shape of one example; one of its
// dimensions may be -1, which stands for what the others leave. Reshape() makes
// a scalar of an example of one value.
func Reshape(target ...int) *ReshapeLayer {
	l := &ReshapeLayer{target: slices.Clone(target)}
	l.Init(l, "Reshape")
	unknown := 0
	for _, d := range target {
		if d == -1 {
			unknown++
		} else if d < 1 {
			l.Invalid("the target's dimensions must be at least 1, or -1, got %v", target)
		}
	}
	if unknown > 1 {
		l.Invalid("only one dimension of the target may be -1, got %v", target)
	}
	return l
}

// OutputShape wants one input of as many values as the target has.
func (l *ReshapeLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	out := append(Shape{}, l.target...)
	unknown := slices.Index(l.target, -1)
	if unknown >= 0 {
		out[unknown] = 1
		out[unknown] = s.Size() / max(1, out.Size())
	}
	if out.Size() != s.Size() {
		return nil, fmt.Errorf("the %d values of %v do not fill the target %v", s.Size(), s, l.target)
	}
	return out, nil
}

// Call reshapes.
func (l *ReshapeLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	d := in[0].Shape().Dimensions
	out, err := l.OutputShape([]Shape{d[1:]})
	if err != nil {
		panic(err)
	}
	return graph.Reshape(in[0], append([]int{d[0]}, out...)...)
}

// Config returns Keras' configuration of a Reshape.
func (l *ReshapeLayer) Config() map[string]any {
	c := l.Base.Config()
	c["target_shape"] = append([]int{}, l.target...)
	return c
}

func init() {
	RegisterLayer("Reshape", func(s *Settings) Layer {
		target := s.Ints("target_shape")
		if target == nil {
			s.Fail("wants target_shape")
		}
		return Reshape(target...)
	})
}
