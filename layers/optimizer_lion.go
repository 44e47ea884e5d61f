package layers

import "github.com/gomlx/gomlx/core/graph"

// LionOptimizer moves weights by the sign of the momentum alone (Chen and
// others 2023), as Keras computes it:
//
//	w -= rate sign(beta1 m + (1-beta1) g);  m = beta2 m + (1-beta2) g
type LionOptimizer struct {
	OptimizerBase
	beta1, beta2 float64
}

// Lion returns the optimizer with Keras' beta1 0.9 and beta2 0.99. Keras' default
// learning rate is 0.001. It wants a rate 3 to 10 times smaller than [AdamW].
func Lion(learningRate float64, options ...OptimizerOption) *LionOptimizer {
	o := &LionOptimizer{beta1: 0.9, beta2: 0.99}
	o.Init("Lion", learningRate, options...)
	return o
}

// Betas sets how much of the momentum a step and the next momentum keep, beta1 in
// (0, 1]. Default 0.9, 0.99.
func (o *LionOptimizer) Betas(beta1, beta2 float64) *LionOptimizer {
	o.Want(beta1 > 0 && beta1 <= 1, "beta1", "in (0, 1]", beta1)
	o.unit("beta2", beta2)
	o.beta1, o.beta2 = beta1, beta2
	return o
}

// Slots is the momentum.
func (o *LionOptimizer) Slots() []string { return []string{"momentum"} }

// Update computes one step.
func (o *LionOptimizer) Update(step OptimizerStep, w, g *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	mix := func(beta float64) *graph.Node {
		return graph.Add(graph.MulScalar(slots[0], beta), graph.MulScalar(g, 1-beta))
	}
	return graph.Sub(w, graph.Mul(step.LearningRate, graph.Sign(mix(o.beta1)))), []*graph.Node{mix(o.beta2)}
}

// Config returns Keras' configuration.
func (o *LionOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["beta_1"], c["beta_2"] = o.beta1, o.beta2
	return c
}

func init() {
	RegisterOptimizer("Lion", func(s *Settings) Optimizer {
		return Lion(s.Float("learning_rate", 0.001)).Betas(s.Float("beta_1", 0.9), s.Float("beta_2", 0.99))
	})
}
