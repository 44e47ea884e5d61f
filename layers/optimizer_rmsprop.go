package layers

import "github.com/gomlx/gomlx/core/graph"

// RMSpropOptimizer divides gradients by a moving root mean square, as Keras
// computes it:
//
//	v = rho v + (1-rho) g²
//	step = rate g / sqrt(v+epsilon)    centered: sqrt(v-a²+epsilon), a = rho a + (1-rho) g
//	w -= step                          with momentum: p = momentum p + step; w -= p
type RMSpropOptimizer struct {
	OptimizerBase
	rho, momentum, epsilon float64
	centered               bool
}

// RMSprop returns the optimizer with Keras' rho 0.9, no momentum and epsilon
// 1e-7. Keras' default learning rate is 0.001.
func RMSprop(learningRate float64, options ...OptimizerOption) *RMSpropOptimizer {
	o := &RMSpropOptimizer{rho: 0.9, epsilon: 1e-7}
	o.Init("RMSprop", learningRate, options...)
	return o
}

// Rho sets the decay rate of the mean of squares. Default 0.9.
func (o *RMSpropOptimizer) Rho(rho float64) *RMSpropOptimizer {
	o.unit("rho", rho)
	o.rho = rho
	return o
}

// Momentum sets how much of a step the next one keeps. Default 0.
func (o *RMSpropOptimizer) Momentum(momentum float64) *RMSpropOptimizer {
	o.unit("momentum", momentum)
	o.momentum = momentum
	return o
}

// Epsilon sets what keeps the division from 0. Default 1e-7.
func (o *RMSpropOptimizer) Epsilon(epsilon float64) *RMSpropOptimizer {
	o.positive("epsilon", epsilon)
	o.epsilon = epsilon
	return o
}

// Centered divides by the gradients' deviation instead of their size.
func (o *RMSpropOptimizer) Centered() *RMSpropOptimizer {
	o.centered = true
	return o
}

// Slots is the mean of squares, then where asked for the momentum and the mean
// of the gradients.
func (o *RMSpropOptimizer) Slots() []string {
	slots := []string{"velocity"}
	if o.momentum > 0 {
		slots = append(slots, "momentum")
	}
	if o.centered {
		slots = append(slots, "average_gradient")
	}
	return slots
}

// Update computes one step.
func (o *RMSpropOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	decay := func(old, new *graph.Node) *graph.Node {
		return graph.Add(graph.MulScalar(old, o.rho), graph.MulScalar(new, 1-o.rho))
	}
	v := decay(slots[0], graph.Square(g))
	size, rest := v, slots[1:]
	var momentum, average *graph.Node
	if o.momentum > 0 {
		momentum, rest = rest[0], rest[1:]
	}
	if o.centered {
		average = decay(rest[0], g)
		size = graph.Sub(v, graph.Square(average))
	}
	change := graph.Div(graph.Mul(step.LearningRate, g), graph.Sqrt(graph.AddScalar(size, o.epsilon)))
	kept := []*graph.Node{v}
	if momentum != nil {
		change = graph.Add(graph.MulScalar(momentum, o.momentum), change)
		kept = append(kept, change)
	}
	if average != nil {
		kept = append(kept, average)
	}
	return graph.Sub(w, change), kept
}

// Config returns Keras' configuration.
func (o *RMSpropOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["rho"], c["momentum"], c["epsilon"], c["centered"] = o.rho, o.momentum, o.epsilon, o.centered
	return c
}

func init() {
	RegisterOptimizer("RMSprop", func(s *Settings) Optimizer {
		o := RMSprop(s.Float("learning_rate", 0.001)).
			Rho(s.Float("rho", 0.9)).Momentum(s.Float("momentum", 0)).Epsilon(s.Float("epsilon", 1e-7))
		if s.Bool("centered", false) {
			o.Centered()
		}
		return o
	})
}
