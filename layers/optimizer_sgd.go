package layers

import "github.com/gomlx/gomlx/core/graph"

// SGDOptimizer is gradient descent, with momentum if asked for, as Keras
// computes it:
//
//	w -= rate g                                          without momentum
//	v = momentum v - rate g;  w += v                     with it
//	v = momentum v - rate g;  w += momentum v - rate g   Nesterov's
type SGDOptimizer struct {
	OptimizerBase
	momentum float64
	nesterov bool
}

// SGD returns gradient descent without momentum. Keras' default learning rate
// is 0.01.
func SGD(learningRate float64, options ...OptimizerOption) *SGDOptimizer {
	o := &SGDOptimizer{}
	o.Init("SGD", learningRate, options...)
	return o
}

// Momentum sets how much of a step the next one keeps, in [0, 1]. Default 0.
func (o *SGDOptimizer) Momentum(momentum float64) *SGDOptimizer {
	if momentum != 1 { // Keras allows 1
		o.unit("momentum", momentum)
	}
	o.momentum = momentum
	return o
}

// Nesterov looks ahead by one step of momentum. It changes nothing where
// momentum is 0.
func (o *SGDOptimizer) Nesterov() *SGDOptimizer {
	o.nesterov = true
	return o
}

// Slots is the velocity, if there is momentum.
func (o *SGDOptimizer) Slots() []string {
	if o.momentum == 0 {
		return nil
	}
	return []string{"momentum"}
}

// Update computes one step.
func (o *SGDOptimizer) Update(step OptimizerStep, w, g *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	change := graph.Mul(g, step.LearningRate)
	if o.momentum == 0 {
		return graph.Sub(w, change), nil
	}
	v := graph.Sub(graph.MulScalar(slots[0], o.momentum), change)
	if o.nesterov {
		return graph.Add(w, graph.Sub(graph.MulScalar(v, o.momentum), change)), []*graph.Node{v}
	}
	return graph.Add(w, v), []*graph.Node{v}
}

// Config returns Keras' configuration.
func (o *SGDOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["momentum"], c["nesterov"] = o.momentum, o.nesterov
	return c
}

func init() {
	RegisterOptimizer("SGD", func(s *Settings) Optimizer {
		o := SGD(s.Float("learning_rate", 0.01)).Momentum(s.Float("momentum", 0))
		if s.Bool("nesterov", false) {
			o.Nesterov()
		}
		return o
	})
}
