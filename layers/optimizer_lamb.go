package layers

import "github.com/gomlx/gomlx/core/graph"

// LambOptimizer is Adam whose steps are as long as the weight's norm says (You
// and others 2019), for large batches, as Keras computes it:
//
//	m += (g-m)(1-beta1);  v += (g²-v)(1-beta2)
//	u = m/(1-beta1^t) / (sqrt(v/(1-beta2^t))+epsilon)
//	w -= rate u |w|/|u|, where both norms are above 0, else rate u
type LambOptimizer struct {
	OptimizerBase
	beta1, beta2, epsilon float64
}

// Lamb returns the optimizer with Keras' beta1 0.9, beta2 0.999 and epsilon
// 1e-7. Keras' default learning rate is 0.001.
func Lamb(learningRate float64, options ...OptimizerOption) *LambOptimizer {
	o := &LambOptimizer{beta1: 0.9, beta2: 0.999, epsilon: 1e-7}
	o.Init("Lamb", learningRate, options...)
	return o
}

// Betas sets the decay rates of the mean and of the squares. Default 0.9,
// 0.999.
func (o *LambOptimizer) Betas(beta1, beta2 float64) *LambOptimizer {
	o.unit("beta1", beta1)
	o.unit("beta2", beta2)
	o.beta1, o.beta2 = beta1, beta2
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-7.
func (o *LambOptimizer) Epsilon(epsilon float64) *LambOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// Slots are the means of the gradients and of their squares.
func (o *LambOptimizer) Slots() []string { return []string{"momentum", "velocity"} }

// SlotsTogether says that Keras lists them side by side.
func (o *LambOptimizer) SlotsTogether() int { return 2 }

// Update computes one step.
func (o *LambOptimizer) Update(step OptimizerStep, w, g *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	m := toward(slots[0], g, o.beta1)
	v := toward(slots[1], graph.Square(g), o.beta2)
	size := graph.Sqrt(graph.Div(v, graph.OneMinus(powerOf(o.beta2, step.Iteration))))
	u := graph.Div(graph.Div(m, graph.OneMinus(powerOf(o.beta1, step.Iteration))), graph.AddScalar(size, o.epsilon))
	norm := func(x *graph.Node) *graph.Node { return graph.Sqrt(graph.ReduceAllSum(graph.Square(x))) }
	of, by := norm(w), norm(u)
	zero, one := scalar(w, 0), scalar(w, 1)
	ratio := graph.Where(graph.LogicalAnd(graph.GreaterThan(of, zero), graph.GreaterThan(by, zero)), graph.Div(of, by), one)
	return graph.Sub(w, graph.Mul(graph.Mul(ratio, step.LearningRate), u)), []*graph.Node{m, v}
}

// Config returns Keras' configuration.
func (o *LambOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["beta_1"], c["beta_2"], c["epsilon"] = o.beta1, o.beta2, o.epsilon
	return c
}

func init() {
	RegisterOptimizer("Lamb", func(s *Settings) Optimizer {
		return Lamb(s.Float("learning_rate", 0.001)).
			Betas(s.Float("beta_1", 0.9), s.Float("beta_2", 0.999)).Epsilon(s.Float("epsilon", 1e-7))
	})
}
