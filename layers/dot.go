package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// DotLayer multiplies two inputs along an axis of each and sums up:
// (None, …, n, …) and (None, …, n, …) to (None, the other axes of the first,
// then those of the second).
type DotLayer struct {
	Base[*DotLayer]
	axes      []int
	normalize bool
}

// Dot makes the layer. Axes are counted with the batch axis as 0, or from the
// end if negative: one for both inputs, or one for each. Of two vectors the
// result is (None, 1).
func Dot(axes ...int) *DotLayer {
	l := &DotLayer{axes: axes}
	l.Init(l, "Dot")
	if len(axes) != 1 && len(axes) != 2 {
		l.Invalid("wants an axis for both inputs, or one for each, got %v", axes)
	}
	return l
}

// Normalize divides both inputs by their norms along the axes: the result is
// the cosine of the angle between them. Default off.
func (l *DotLayer) Normalize() *DotLayer {
	l.normalize = true
	return l
}

// places are the axes as places in the shapes of examples.
func (l *DotLayer) places(in []Shape) (places [2]int, err error) {
	for i := range places {
		one, _, err := alongAxes([]int{l.axes[i%len(l.axes)]}, in[i])
		if err != nil {
			return places, err
		}
		places[i] = one[0]
	}
	return places, nil
}

// OutputShape wants two inputs that have the same size along the axes.
func (l *DotLayer) OutputShape(in []Shape) (Shape, error) {
	if len(in) != 2 {
		return nil, fmt.Errorf("wants exactly 2 inputs, got %d", len(in))
	}
	places, err := l.places(in)
	if err != nil {
		return nil, err
	}
	if a, b := in[0][places[0]], in[1][places[1]]; a != b {
		return nil, fmt.Errorf("wants inputs of one size along the axes %v, got %d of %v and %d of %v",
			l.axes, a, in[0], b, in[1])
	}
	var out Shape
	for i, s := range in {
		out = append(out, slices.Delete(s.Clone(), places[i], places[i]+1)...)
	}
	if len(out) == 0 {
		out = Shape{1}
	}
	return out, nil
}

// Call multiplies and sums.
func (l *DotLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x, y := in[0], in[1]
	shapes := []Shape{x.Shape().Dimensions[1:], y.Shape().Dimensions[1:]}
	places, err := l.places(shapes)
	if err != nil {
		panic(err)
	}
	a, b := 1+places[0], 1+places[1]
	if l.normalize {
		x, y = unitNorm(x, fuzz, a), unitNorm(y, fuzz, b)
	}
	z := graph.DotGeneral(x, []int{a}, []int{0}, y, []int{b}, []int{0})
	if z.Rank() == 1 {
		z = graph.InsertAxes(z, -1)
	}
	return z
}

// Config returns Keras' configuration of a Dot.
func (l *DotLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axes"], c["normalize"] = axisConfig(l.axes), l.normalize
	return c
}

func init() {
	RegisterLayer("Dot", func(s *Settings) Layer {
		l := Dot(s.Ints("axes")...)
		l.normalize = s.Bool("normalize", false)
		return l
	})
}
