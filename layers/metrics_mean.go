package layers

import (
	"github.com/gomlx/gomlx/core/graph"
)

// MeanOf is one of Keras' metrics that are the mean of a value for each
// example: [BinaryAccuracy], [Equality], [CosineMetric], [LogCoshError],
// [PearsonCorrelation], [ConcordanceCorrelation].
type MeanOf struct {
	class, name string
	larger      bool
	config      map[string]any
	values      func(p *Pass, targets, outputs *graph.Node) *graph.Node
}

// BinaryAccuracy is the share of outputs on the right side of a threshold, which
// is 0.5 in Keras.
func BinaryAccuracy(threshold float64) *MeanOf {
	return &MeanOf{class: "BinaryAccuracy", name: "binary_accuracy", larger: true,
		config: map[string]any{"threshold": threshold},
		values: func(_ *Pass, y, x *graph.Node) *graph.Node {
			return last(toFloat32(graph.Equal(y, toFloat32(graph.GreaterThan(x, scalar(x, threshold))))))
		}}
}

// Equality is the share of outputs that equal their targets, for models that give
// classes rather than what speaks for them: Keras' metrics.Accuracy. [Accuracy] is
// "accuracy".
func Equality() *MeanOf {
	return &MeanOf{class: "Accuracy", name: "accuracy", larger: true,
		values: func(_ *Pass, y, x *graph.Node) *graph.Node { return toFloat32(graph.Equal(y, x)) }}
}

// CosineMetric is the cosine of the angle between targets and outputs over an
// axis, -1 in Keras: 1 is best.
func CosineMetric(axis int) *MeanOf {
	m := &MeanOf{class: "CosineSimilarity", name: "cosine_similarity", larger: true,
		values: func(_ *Pass, y, x *graph.Node) *graph.Node { return cosineOf(y, x, axis) }}
	if axis != -1 { // Keras forgets it
		m.config = map[string]any{"axis": axis}
	}
	return m
}

// LogCoshError is [LogCosh] as a metric.
func LogCoshError() *MeanOf {
	return &MeanOf{class: "LogCoshError", name: "logcosh",
		values: func(p *Pass, y, x *graph.Node) *graph.Node { return logCosh.values(nil, p, y, x) }}
}

// PearsonCorrelation is the correlation of targets and outputs along an axis, -1
// in Keras.
func PearsonCorrelation(axis int) *MeanOf {
	return correlationMetric("PearsonCorrelation", "pearson_correlation", axis, func(y, x *graph.Node) *graph.Node {
		unit := func(v *graph.Node) *graph.Node {
			v = graph.Sub(v, graph.ReduceAndKeep(v, graph.ReduceMean, axis))
			return graph.Div(v, graph.Sqrt(variance(v, axis)))
		}
		return graph.Mul(unit(y), unit(x))
	})
}

// ConcordanceCorrelation says how far targets and outputs are from being equal
// along an axis, -1 in Keras (Lin 1989).
func ConcordanceCorrelation(axis int) *MeanOf {
	return correlationMetric("ConcordanceCorrelation", "concordance_correlation", axis,
		func(y, x *graph.Node) *graph.Node {
			mean := func(v *graph.Node) *graph.Node { return graph.ReduceAndKeep(v, graph.ReduceMean, axis) }
			together := graph.Mul(graph.Sub(y, mean(x)), graph.Sub(x, mean(x))) // as Keras has it
			size := graph.Add(graph.Add(variance(y, axis), variance(x, axis)), graph.Square(graph.Sub(mean(y), mean(x))))
			return graph.Div(graph.MulScalar(together, 2.0), graph.AddScalar(size, fuzz))
		})
}

func correlationMetric(class, name string, axis int, of func(y, x *graph.Node) *graph.Node) *MeanOf {
	return &MeanOf{class: class, name: name, larger: true, config: map[string]any{"axis": axis},
		values: func(_ *Pass, y, x *graph.Node) *graph.Node { return graph.ReduceMean(of(y, x), axis) }}
}

// variance is that along an axis, which it keeps.
func variance(x *graph.Node, axis int) *graph.Node {
	off := graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, axis))
	return graph.ReduceAndKeep(graph.Square(off), graph.ReduceMean, axis)
}

// Named is the metric with another name.
func (m *MeanOf) Named(name string) *MeanOf {
	out := *m
	out.name = name
	return &out
}

// Name returns the name.
func (m *MeanOf) Name() string { return m.name }

// Class returns Keras' class.
func (m *MeanOf) Class() string { return m.class }

// LargerIsBetter tells which way is up.
func (m *MeanOf) LargerIsBetter() bool { return m.larger }

// CheckTargets wants targets of the outputs' shape.
func (m *MeanOf) CheckTargets(e *Examples, outputs Shape) error { return sameShape(e, outputs) }

// Config returns Keras' configuration.
func (m *MeanOf) Config() map[string]any {
	c := map[string]any{"name": m.name, "dtype": "float32"}
	for key, v := range m.config {
		c[key] = v
	}
	return c
}

// PerExample computes the value of each example.
func (m *MeanOf) PerExample(p *Pass, targets, outputs *graph.Node) *graph.Node {
	values := m.values(p, likeOutputs(targets, outputs), outputs)
	return graph.ReduceMean(graph.Reshape(values, values.Shape().Dimensions[0], -1), -1)
}

func init() {
	register := func(class string, make func(s *Settings) *MeanOf) {
		RegisterMetric(class, func(s *Settings) Metric {
			m := make(s)
			return m.Named(s.String("name", m.name))
		})
	}
	register("BinaryAccuracy", func(s *Settings) *MeanOf { return BinaryAccuracy(s.Float("threshold", 0.5)) })
	register("Accuracy", func(*Settings) *MeanOf { return Equality() })
	register("CosineSimilarity", func(s *Settings) *MeanOf { return CosineMetric(s.Int("axis", -1)) })
	register("LogCoshError", func(*Settings) *MeanOf { return LogCoshError() })
	register("PearsonCorrelation", func(s *Settings) *MeanOf { return PearsonCorrelation(s.Int("axis", -1)) })
	register("ConcordanceCorrelation", func(s *Settings) *MeanOf { return ConcordanceCorrelation(s.Int("axis", -1)) })
}
