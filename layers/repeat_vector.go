package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// RepeatVectorLayer repeats a vector as the steps of a sequence: (None,
// features) to (None, n, features).
type RepeatVectorLayer struct {
	Base[*RepeatVectorLayer]
	n int
}

// RepeatVector makes the layer; n is at least 1.
func RepeatVector(n int) *RepeatVectorLayer {
	l := &RepeatVectorLayer{n: n}
	l.Init(l, "RepeatVector")
	if n < 1 {
		l.Invalid("n must be at least 1, got %d", n)
	}
	return l
}

// OutputShape wants one vector.
func (l *RepeatVectorLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(s) != 1 {
		return nil, fmt.Errorf("wants vectors (None, features), got %v", s)
	}
	return Shape{l.n, s[0]}, nil
}

// Call repeats.
func (l *RepeatVectorLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	d := in[0].Shape().Dimensions
	return graph.BroadcastToDims(graph.ExpandAxes(in[0], 1), d[0], l.n, d[1])
}

// Config returns Keras' configuration of a RepeatVector.
func (l *RepeatVectorLayer) Config() map[string]any {
	c := l.Base.Config()
	c["n"] = l.n
	return c
}

func init() {
	RegisterLayer("RepeatVector", func(s *Settings) Layer { return RepeatVector(s.Int("n", 0)) })
}
