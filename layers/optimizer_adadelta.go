package layers

import "github.com/gomlx/gomlx/core/graph"

// AdadeltaOptimizer scales steps by the ratio of the sizes of past steps and
// past gradients (Zeiler 2012), as Keras computes it:
//
//	a = rho a + (1-rho) g²;  d = -g sqrt(b+epsilon)/sqrt(a+epsilon)
//	b = rho b + (1-rho) d²;  w += rate d
type AdadeltaOptimizer struct {
	OptimizerBase
	rho, epsilon float64
}

// Adadelta returns the optimizer with Keras' rho 0.95 and epsilon 1e-7. Keras'
// default learning rate is 0.001, the paper's is 1.
func Adadelta(learningRate float64, options ...OptimizerOption) *AdadeltaOptimizer {
	o := &AdadeltaOptimizer{rho: 0.95, epsilon: 1e-7}
	o.Init("Adadelta", learningRate, options...)
	return o
}

// Rho sets the decay rate of the means of squares. Default 0.95.
func (o *AdadeltaOptimizer) Rho(rho float64) *AdadeltaOptimizer {
	o.unit("rho", rho)
	o.rho = rho
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-7.
func (o *AdadeltaOptimizer) Epsilon(epsilon float64) *AdadeltaOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// Slots are the means of the squares of gradients and of steps.
func (o *AdadeltaOptimizer) Slots() []string {
	return []string{"accumulated_grad", "accumulated_delta_var"}
}

// SlotsTogether says that Keras lists them side by side.
func (o *AdadeltaOptimizer) SlotsTogether() int { return 2 }

// Update computes one step.
func (o *AdadeltaOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	mean := func(old, new *graph.Node) *graph.Node {
		return graph.Add(graph.MulScalar(old, o.rho), graph.MulScalar(graph.Square(new), 1-o.rho))
	}
	root := func(x *graph.Node) *graph.Node { return graph.Sqrt(graph.AddScalar(x, o.epsilon)) }
	gradients := mean(slots[0], g)
	change := graph.Neg(graph.Div(graph.Mul(root(slots[1]), g), root(gradients)))
	return graph.Add(w, graph.Mul(step.LearningRate, change)), []*graph.Node{gradients, mean(slots[1], change)}
}

// Config returns Keras' configuration.
func (o *AdadeltaOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["rho"], c["epsilon"] = o.rho, o.epsilon
	return c
}

func init() {
	RegisterOptimizer("Adadelta", func(s *Settings) Optimizer {
		return Adadelta(s.Float("learning_rate", 0.001)).Rho(s.Float("rho", 0.95)).Epsilon(s.Float("epsilon", 1e-7))
	})
}
