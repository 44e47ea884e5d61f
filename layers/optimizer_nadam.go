package layers

import "github.com/gomlx/gomlx/core/graph"

// NadamOptimizer is Adam with Nesterov's momentum (Dozat 2015), as Keras
// computes it, with u(t) = beta1 (1-0.96^t/2) and U the product of u so far:
//
//	m += (g-m)(1-beta1);  v += (g²-v)(1-beta2)
//	n = u(t+1) m/(1-U u(t+1)) + (1-u(t)) g/(1-U)
//	w -= rate n / (sqrt(v/(1-beta2^t))+epsilon)
type NadamOptimizer struct {
	OptimizerBase
	beta1, beta2, epsilon float64
}

// Nadam returns the optimizer with Keras' beta1 0.9, beta2 0.999 and epsilon
// 1e-7. Keras' default learning rate is 0.001.
func Nadam(learningRate float64, options ...OptimizerOption) *NadamOptimizer {
	o := &NadamOptimizer{beta1: 0.9, beta2: 0.999, epsilon: 1e-7}
	o.Init("Nadam", learningRate, options...)
	return o
}

// Betas sets the decay rates of the mean and of the squares. Default 0.9,
// 0.999.
func (o *NadamOptimizer) Betas(beta1, beta2 float64) *NadamOptimizer {
	o.unit("beta1", beta1)
	o.unit("beta2", beta2)
	o.beta1, o.beta2 = beta1, beta2
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-7.
func (o *NadamOptimizer) Epsilon(epsilon float64) *NadamOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// Slots are the means of the gradients and of their squares.
func (o *NadamOptimizer) Slots() []string { return []string{"momentum", "velocity"} }

// Layout adds the product of u, for which Keras has no better name.
func (o *NadamOptimizer) Layout(variables []*Variable) []Slot {
	return append(SlotsOf(variables, o.Slots()...), Slot{Name: "variable", Shape: Shape{}, Start: 1})
}

// u is the momentum of a step.
func (o *NadamOptimizer) u(t *graph.Node) *graph.Node {
	return graph.MulScalar(graph.OneMinus(graph.MulScalar(powerOf(0.96, t), 0.5)), o.beta1)
}

// UpdateShared multiplies the product of u by this step's.
func (o *NadamOptimizer) UpdateShared(step OptimizerStep) map[string]*graph.Node {
	return map[string]*graph.Node{"variable": graph.Mul(step.Shared["variable"], o.u(step.Iteration))}
}

// Update computes one step.
func (o *NadamOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	now, next := o.u(step.Iteration), o.u(graph.OnePlus(step.Iteration))
	product := step.Shared["variable"]
	productNext := graph.Mul(product, next)
	m := toward(slots[0], g, o.beta1)
	v := toward(slots[1], graph.Square(g), o.beta2)
	ahead := graph.Add(
		graph.Div(graph.Mul(next, m), graph.OneMinus(productNext)),
		graph.Div(graph.Mul(graph.OneMinus(now), g), graph.OneMinus(product)))
	size := graph.Sqrt(graph.Div(v, graph.OneMinus(powerOf(o.beta2, step.Iteration))))
	change := graph.Div(graph.Mul(ahead, step.LearningRate), graph.AddScalar(size, o.epsilon))
	return graph.Sub(w, change), []*graph.Node{m, v}
}

// Config returns Keras' configuration.
func (o *NadamOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["beta_1"], c["beta_2"], c["epsilon"] = o.beta1, o.beta2, o.epsilon
	return c
}

func init() {
	RegisterOptimizer("Nadam", func(s *Settings) Optimizer {
		return Nadam(s.Float("learning_rate", 0.001)).
			Betas(s.Float("beta_1", 0.9), s.Float("beta_2", 0.999)).Epsilon(s.Float("epsilon", 1e-7))
	})
}
