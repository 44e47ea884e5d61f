package layers

import "github.com/gomlx/gomlx/core/graph"

// AdagradOptimizer divides gradients by the root of the sum of their squares so
// far (Duchi and others 2011), as Keras computes it:
//
//	a += g²;  w -= rate g / sqrt(a+epsilon)
type AdagradOptimizer struct {
	OptimizerBase
	start, epsilon float64
}

// Adagrad returns the optimizer with Keras' first sum 0.1 and epsilon 1e-7.
// Keras' default learning rate is 0.001.
func Adagrad(learningRate float64, options ...OptimizerOption) *AdagradOptimizer {
	o := &AdagradOptimizer{start: 0.1, epsilon: 1e-7}
	o.Init("Adagrad", learningRate, options...)
	return o
}

// InitialAccumulator sets what the sums start from, at least 0. Default 0.1.
func (o *AdagradOptimizer) InitialAccumulator(value float64) *AdagradOptimizer {
	o.Want(value >= 0, "initial_accumulator_value", "at least 0", value)
	o.start = value
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-7.
func (o *AdagradOptimizer) Epsilon(epsilon float64) *AdagradOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// Slots is the sum of squares.
func (o *AdagradOptimizer) Slots() []string { return []string{"accumulator"} }

// Layout says what it starts from.
func (o *AdagradOptimizer) Layout(variables []*Variable) []Slot {
	list := SlotsOf(variables, o.Slots()...)
	for i := range list {
		list[i].Start = o.start
	}
	return list
}

// Update computes one step.
func (o *AdagradOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	sum := graph.Add(slots[0], graph.Square(g))
	change := graph.Div(graph.Mul(step.LearningRate, g), graph.Sqrt(graph.AddScalar(sum, o.epsilon)))
	return graph.Sub(w, change), []*graph.Node{sum}
}

// Config returns Keras' configuration.
func (o *AdagradOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["initial_accumulator_value"], c["epsilon"] = o.start, o.epsilon
	return c
}

func init() {
	RegisterOptimizer("Adagrad", func(s *Settings) Optimizer {
		return Adagrad(s.Float("learning_rate", 0.001)).
			InitialAccumulator(s.Float("initial_accumulator_value", 0.1)).Epsilon(s.Float("epsilon", 1e-7))
	})
}
