package layers

import "github.com/gomlx/gomlx/core/graph"

// TorchSGDOptimizer is gradient descent with momentum as PyTorch computes it:
//
//	g += decay w;  v = momentum v + g
//	w -= rate v                  with momentum
//	w -= rate (g + momentum v)   Nesterov's
//
// [SGD], Keras', has the rate within the velocity. Both agree while the rate
// stays; where it falls, a step here falls with it at once, and at a rate of 0
// nothing moves.
type TorchSGDOptimizer struct {
	OptimizerBase
	momentum float64
	nesterov bool
}

// TorchSGD returns gradient descent without momentum. Its [WeightDecay] is
// PyTorch's: added to the gradient, so that the velocity has it, too.
func TorchSGD(learningRate float64, options ...OptimizerOption) *TorchSGDOptimizer {
	o := &TorchSGDOptimizer{}
	o.Init("gocifar>TorchSGD", learningRate, options...)
	return o
}

// Momentum sets how much of the velocity the next step keeps, in [0, 1).
// Default 0.
func (o *TorchSGDOptimizer) Momentum(momentum float64) *TorchSGDOptimizer {
	o.unit("momentum", momentum)
	o.momentum = momentum
	return o
}

// Nesterov looks ahead by one step of momentum.
func (o *TorchSGDOptimizer) Nesterov() *TorchSGDOptimizer {
	o.nesterov = true
	return o
}

// Slots is the velocity, if there is momentum.
func (o *TorchSGDOptimizer) Slots() []string {
	if o.momentum == 0 {
		return nil
	}
	return []string{"momentum"}
}

// decayOf keeps the step from taking weight decay off the weights: Update adds
// it to the gradient.
func (o *TorchSGDOptimizer) decayOf(*Variable) *float64 { return nil }

// Update computes one step.
func (o *TorchSGDOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	if s := &o.settings; s.decay != nil && *s.decay != 0 && s.decays(step.Variable) {
		g = graph.Add(g, graph.MulScalar(w, *s.decay))
	}
	if o.momentum == 0 {
		return graph.Sub(w, graph.Mul(g, step.LearningRate)), nil
	}
	v := graph.Add(graph.MulScalar(slots[0], o.momentum), g)
	change := v
	if o.nesterov {
		change = graph.Add(g, graph.MulScalar(v, o.momentum))
	}
	return graph.Sub(w, graph.Mul(change, step.LearningRate)), []*graph.Node{v}
}

// Config returns the configuration.
func (o *TorchSGDOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["momentum"], c["nesterov"] = o.momentum, o.nesterov
	return c
}

func init() {
	RegisterOptimizer("gocifar>TorchSGD", func(s *Settings) Optimizer {
		o := TorchSGD(s.Float("learning_rate", 0.01)).Momentum(s.Float("momentum", 0))
		if s.Bool("nesterov", false) {
			o.Nesterov()
		}
		return o
	})
}
