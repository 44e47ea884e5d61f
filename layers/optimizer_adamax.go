package layers

import "github.com/gomlx/gomlx/core/graph"

// AdamaxOptimizer is Adam with the maximum norm (Kingma and Ba 2014, section
// 7.1), as Keras computes it:
//
//	m += (g-m)(1-beta1);  u = max(beta2 u, |g|)
//	w -= rate m / ((1-beta1^t)(u+epsilon))
type AdamaxOptimizer struct {
	OptimizerBase
	beta1, beta2, epsilon float64
}

// Adamax returns the optimizer with Keras' beta1 0.9, beta2 0.999 and epsilon
// 1e-7. Keras' default learning rate is 0.001.
func Adamax(learningRate float64, options ...OptimizerOption) *AdamaxOptimizer {
	o := &AdamaxOptimizer{beta1: 0.9, beta2: 0.999, epsilon: 1e-7}
	o.Init("Adamax", learningRate, options...)
	return o
}

// Betas sets the decay rates of the mean and of the norm. Default 0.9, 0.999.
func (o *AdamaxOptimizer) Betas(beta1, beta2 float64) *AdamaxOptimizer {
	o.unit("beta1", beta1)
	o.unit("beta2", beta2)
	o.beta1, o.beta2 = beta1, beta2
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-7.
func (o *AdamaxOptimizer) Epsilon(epsilon float64) *AdamaxOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// Slots are the mean of the gradients and their decayed maximum norm.
func (o *AdamaxOptimizer) Slots() []string { return []string{"momentum", "norm"} }

// SlotsTogether says that Keras lists mean and norm side by side.
func (o *AdamaxOptimizer) SlotsTogether() int { return 2 }

// Update computes one step.
func (o *AdamaxOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	m := toward(slots[0], g, o.beta1)
	u := graph.Max(graph.MulScalar(slots[1], o.beta2), graph.Abs(g))
	correction := graph.OneMinus(powerOf(o.beta1, step.Iteration))
	change := graph.Div(graph.Mul(step.LearningRate, m), graph.Mul(correction, graph.AddScalar(u, o.epsilon)))
	return graph.Sub(w, change), []*graph.Node{m, u}
}

// Config returns Keras' configuration.
func (o *AdamaxOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["beta_1"], c["beta_2"], c["epsilon"] = o.beta1, o.beta2, o.epsilon
	return c
}

func init() {
	RegisterOptimizer("Adamax", func(s *Settings) Optimizer {
		return Adamax(s.Float("learning_rate", 0.001)).
			Betas(s.Float("beta_1", 0.9), s.Float("beta_2", 0.999)).Epsilon(s.Float("epsilon", 1e-7))
	})
}
