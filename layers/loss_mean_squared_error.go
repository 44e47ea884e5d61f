package layers

import "github.com/gomlx/gomlx/core/graph"

// MeanSquaredError is the mean of (output-target)² over an example's values: a
// loss and a metric for Targets, which have the outputs' shape.
const MeanSquaredError meanSquaredError = "mean_squared_error"

type meanSquaredError string // its name

func (m meanSquaredError) Name() string           { return string(m) }
func (m meanSquaredError) Class() string          { return "MeanSquaredError" }
func (m meanSquaredError) Config() map[string]any { return map[string]any{"name": string(m)} }
func (m meanSquaredError) LargerIsBetter() bool   { return false }

func (m meanSquaredError) CheckTargets(e *Examples, outputs Shape) error {
	return sameShape(e, outputs)
}

func (m meanSquaredError) PerExample(_ *Pass, targets, outputs *graph.Node) *graph.Node {
	squares := graph.Square(graph.Sub(outputs, likeOutputs(targets, outputs)))
	return graph.ReduceMean(graph.Reshape(squares, squares.Shape().Dimensions[0], -1), -1)
}

func init() {
	for _, class := range []string{"MeanSquaredError", "mse", "MSE"} {
		read := func(s *Settings) meanSquaredError { return meanSquaredError(s.String("name", SnakeCase(class))) }
		RegisterLoss(class, func(s *Settings) Loss { return read(s) })
		RegisterMetric(class, func(s *Settings) Metric { return read(s) })
	}
}
