package layers

import "github.com/gomlx/gomlx/core/graph"

// AdamOptimizer is Adam (Kingma and Ba 2014) as Keras computes it:
//
//	m += (g-m)(1-beta1);  v += (g²-v)(1-beta2)
//	w -= m rate sqrt(1-beta2^t)/(1-beta1^t) / (sqrt(v)+epsilon)
//
// Keras' epsilon is the paper's "epsilon hat".
type AdamOptimizer struct {
	OptimizerBase
	beta1, beta2, epsilon float64
	amsgrad               bool
}

// Adam returns the optimizer with Keras' beta1 0.9, beta2 0.999 and epsilon
// 1e-7. Keras' default learning rate is 0.001.
func Adam(learningRate float64, options ...OptimizerOption) *AdamOptimizer {
	o := &AdamOptimizer{beta1: 0.9, beta2: 0.999, epsilon: 1e-7}
	o.Init("Adam", learningRate, options...)
	return o
}

// Betas sets the decay rates of the mean and of the squares. Default 0.9,
// 0.999.
func (o *AdamOptimizer) Betas(beta1, beta2 float64) *AdamOptimizer {
	o.unit("beta1", beta1)
	o.unit("beta2", beta2)
	o.beta1, o.beta2 = beta1, beta2
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-7.
func (o *AdamOptimizer) Epsilon(epsilon float64) *AdamOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// AMSGrad divides by the largest mean of squares so far (Reddi and others
// 2018) instead of the current one.
func (o *AdamOptimizer) AMSGrad() *AdamOptimizer {
	o.amsgrad = true
	return o
}

// Slots are the means of the gradients and of their squares, and with AMSGrad
// the largest of the latter.
func (o *AdamOptimizer) Slots() []string {
	if o.amsgrad {
		return []string{"momentum", "velocity", "velocity_hat"}
	}
	return []string{"momentum", "velocity"}
}

// SlotsTogether says that Keras lists mean and mean of squares side by side.
func (o *AdamOptimizer) SlotsTogether() int { return 2 }

// Update computes one step.
func (o *AdamOptimizer) Update(step OptimizerStep, w, g *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	alpha := graph.Div(
		graph.Mul(step.LearningRate, graph.Sqrt(graph.OneMinus(powerOf(o.beta2, step.Iteration)))),
		graph.OneMinus(powerOf(o.beta1, step.Iteration)))
	m := toward(slots[0], g, o.beta1)
	v := toward(slots[1], graph.Square(g), o.beta2)
	kept, size := []*graph.Node{m, v}, v
	if o.amsgrad {
		size = graph.Max(slots[2], v)
		kept = append(kept, size)
	}
	change := graph.Div(graph.Mul(m, alpha), graph.AddScalar(graph.Sqrt(size), o.epsilon))
	return graph.Sub(w, change), kept
}

// Config returns Keras' configuration.
func (o *AdamOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["beta_1"], c["beta_2"], c["epsilon"], c["amsgrad"] = o.beta1, o.beta2, o.epsilon, o.amsgrad
	return c
}

// registerAdam registers a class that is made by a constructor like Adam.
func registerAdam(class string, make func(float64, ...OptimizerOption) *AdamOptimizer) {
	RegisterOptimizer(class, func(s *Settings) Optimizer {
		o := make(s.Float("learning_rate", 0.001)).
			Betas(s.Float("beta_1", 0.9), s.Float("beta_2", 0.999)).Epsilon(s.Float("epsilon", 1e-7))
		if s.Bool("amsgrad", false) {
			o.AMSGrad()
		}
		return o
	})
}

func init() { registerAdam("Adam", Adam) }
