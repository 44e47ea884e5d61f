package layers

import "github.com/gomlx/gomlx/core/graph"

// ScheduleFreeAdamWOptimizer is AdamW that needs no schedule, because it trains
// at a point between the weights and their average (Defazio and others 2024), as
// Keras 3.15 computes it, with w the point that is trained at:
//
//	v += (g²-v)(1-beta2);  z' = z - rate g/(sqrt(v/(1-beta2^t))+epsilon)
//	x = (w-(1-beta1) z')/beta1;  x' = (1-1/t) x + z'/t
//	w = (1-beta1) z' + beta1 x';  z = z'
//
// The paper has z in place of z' in the definition of x, and so has Keras' code;
// but on TensorFlow it reads z after it has changed it.
type ScheduleFreeAdamWOptimizer struct {
	OptimizerBase
	beta1, beta2, epsilon float64
	warmUp                int
}

// ScheduleFreeAdamW returns the optimizer with Keras' beta1 0.9, beta2 0.999,
// epsilon 1e-8 and no warm-up. Keras' default learning rate is 0.0025.
func ScheduleFreeAdamW(learningRate float64, options ...OptimizerOption) *ScheduleFreeAdamWOptimizer {
	o := &ScheduleFreeAdamWOptimizer{beta1: 0.9, beta2: 0.999, epsilon: 1e-8}
	o.Init("ScheduleFreeAdamW", learningRate, options...)
	return o
}

// Betas sets the share of the average, above 0, and the decay rate of the
// squares. Default 0.9, 0.999.
func (o *ScheduleFreeAdamWOptimizer) Betas(beta1, beta2 float64) *ScheduleFreeAdamWOptimizer {
	o.Want(beta1 > 0 && beta1 <= 1, "beta1", "in (0, 1]", beta1)
	o.unit("beta2", beta2)
	o.beta1, o.beta2 = beta1, beta2
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-8.
func (o *ScheduleFreeAdamWOptimizer) Epsilon(epsilon float64) *ScheduleFreeAdamWOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// WarmUp raises the rate in a straight line in so many first steps. Default 0.
func (o *ScheduleFreeAdamWOptimizer) WarmUp(steps int) *ScheduleFreeAdamWOptimizer {
	o.Want(steps >= 0, "warmup_steps", "at least 0", float64(steps))
	o.warmUp = steps
	return o
}

// Slots are z and the mean of squares.
func (o *ScheduleFreeAdamWOptimizer) Slots() []string { return []string{"momentum", "velocity"} }

// Layout says that z starts as the weight.
func (o *ScheduleFreeAdamWOptimizer) Layout(variables []*Variable) []Slot {
	list := SlotsOf(variables, o.Slots()...)
	for i := range list {
		list[i].FromWeight = list[i].Name == "momentum"
	}
	return list
}

// Update computes one step.
func (o *ScheduleFreeAdamWOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	rate := step.LearningRate
	if o.warmUp > 0 {
		rate = graph.Mul(rate, graph.Min(graph.DivScalar(step.Iteration, float64(o.warmUp)), scalar(w, 1)))
	}
	z, v := slots[0], toward(slots[1], graph.Square(g), o.beta2)
	size := graph.Sqrt(graph.Div(v, graph.OneMinus(powerOf(o.beta2, step.Iteration))))
	next := graph.Sub(z, graph.Div(graph.Mul(rate, g), graph.AddScalar(size, o.epsilon)))
	share := graph.Reciprocal(step.Iteration)
	x := graph.DivScalar(graph.Sub(w, graph.MulScalar(next, 1-o.beta1)), o.beta1)
	x = graph.Add(graph.Mul(graph.OneMinus(share), x), graph.Mul(share, next))
	w = graph.Add(graph.MulScalar(next, 1-o.beta1), graph.MulScalar(x, o.beta1))
	return w, []*graph.Node{next, v}
}

// Config returns Keras' configuration.
func (o *ScheduleFreeAdamWOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["name"] = "schedule_free_adam_w"
	c["beta_1"], c["beta_2"], c["epsilon"], c["warmup_steps"] = o.beta1, o.beta2, o.epsilon, o.warmUp
	return c
}

func init() {
	RegisterOptimizer("ScheduleFreeAdamW", func(s *Settings) Optimizer {
		return ScheduleFreeAdamW(s.Float("learning_rate", 0.0025)).
			Betas(s.Float("beta_1", 0.9), s.Float("beta_2", 0.999)).Epsilon(s.Float("epsilon", 1e-8)).
			WarmUp(s.Int("warmup_steps", 0))
	})
}
