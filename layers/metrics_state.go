package layers

import (
	"fmt"
	"maps"

	"github.com/gomlx/gomlx/core/graph"
)

// stateMetric is what Keras' metrics with a state have in common here.
type stateMetric struct {
	class, name string
	larger      bool
	config      map[string]any
	err         error
	state       func(outputs Shape) ([]Shape, error)
	add         func(targets, outputs, weights *graph.Node) []*graph.Node // targets as they came
	result      func(state [][]float32) []float64
	check       func(e *Examples, outputs Shape) error
}

func (m *stateMetric) Name() string                            { return m.name }
func (m *stateMetric) Class() string                           { return m.class }
func (m *stateMetric) LargerIsBetter() bool                    { return m.larger }
func (m *stateMetric) Err() error                              { return m.err }
func (m *stateMetric) State(outputs Shape) ([]Shape, error)    { return m.state(outputs) }
func (m *stateMetric) Result(state [][]float32) []float64      { return m.result(state) }
func (m *stateMetric) CheckTargets(e *Examples, s Shape) error { return m.check(e, s) }

func (m *stateMetric) Add(_ *Pass, targets, outputs, weights *graph.Node) []*graph.Node {
	return m.add(targets, outputs, weights)
}

func (m *stateMetric) Config() map[string]any {
	c := map[string]any{"name": m.name, "dtype": "float32"}
	maps.Copy(c, m.config)
	return c
}

func (m *stateMetric) want(ok bool, format string, args ...any) {
	if m.err == nil && !ok {
		m.err = fmt.Errorf(format, args...)
	}
}

// of returns a state of n arrays of a shape.
func of(n int, shape ...int) func(Shape) ([]Shape, error) {
	return func(Shape) ([]Shape, error) {
		list := make([]Shape, n)
		for i := range list {
			list[i] = Shape(shape)
		}
		return list, nil
	}
}

// ratio is a/b, or 0 where b is 0: Keras' divide_no_nan.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Rename gives a metric another name in logs and files.
func Rename(m StateMetric, name string) StateMetric {
	s, ok := m.(*stateMetric)
	if !ok {
		return m
	}
	out := *s
	out.name = name
	return &out
}

// registerState makes a class known to files.
func registerState(class string, read func(*Settings) StateMetric) {
	RegisterMetric(class, func(s *Settings) Metric {
		name := s.String("name", "")
		m := read(s)
		if c, ok := m.(*stateMetric); ok && c.err != nil {
			s.Fail("%w", c.err)
		}
		if name == "" {
			return m
		}
		return Rename(m, name)
	})
}
