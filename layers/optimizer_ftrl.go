package layers

import "github.com/gomlx/gomlx/core/graph"

// FtrlOptimizer is "follow the regularized leader" (McMahan and others 2013),
// for large sparse models, as Keras computes it, with p the power of the rate:
//
//	n' = n + g²;  z += g + 2 shrinkage w - (n'^-p - n^-p)/rate w
//	w = (clip(z, -l1, l1) - z) / (n'^-p/rate + 2 (l2 + beta/(2 rate)));  n = n'
type FtrlOptimizer struct {
	OptimizerBase
	power, start, l1, l2, shrinkage, beta float64
}

// Ftrl returns the optimizer with Keras' power -0.5, first sum 0.1, and no
// regularization. Keras' default learning rate is 0.001.
func Ftrl(learningRate float64, options ...OptimizerOption) *FtrlOptimizer {
	o := &FtrlOptimizer{power: -0.5, start: 0.1}
	o.Init("Ftrl", learningRate, options...)
	return o
}

// LearningRatePower sets how the rate falls with the sum of squares, 0 or
// below: 0 keeps it. Default -0.5.
func (o *FtrlOptimizer) LearningRatePower(power float64) *FtrlOptimizer {
	o.Want(power <= 0, "learning_rate_power", "0 or below", power)
	o.power = power
	return o
}

// InitialAccumulator sets what the sums of squares start from, at least 0.
// Default 0.1.
func (o *FtrlOptimizer) InitialAccumulator(value float64) *FtrlOptimizer {
	o.Want(value >= 0, "initial_accumulator_value", "at least 0", value)
	o.start = value
	return o
}

// Regularization sets the strengths of L1, L2, and of L2 that counts in the
// gradient alone (shrinkage), each at least 0. Default 0.
func (o *FtrlOptimizer) Regularization(l1, l2, shrinkage float64) *FtrlOptimizer {
	o.Want(l1 >= 0, "l1_regularization_strength", "at least 0", l1)
	o.Want(l2 >= 0, "l2_regularization_strength", "at least 0", l2)
	o.Want(shrinkage >= 0, "l2_shrinkage_regularization_strength", "at least 0", shrinkage)
	o.l1, o.l2, o.shrinkage = l1, l2, shrinkage
	return o
}

// Beta sets the paper's beta. Default 0.
func (o *FtrlOptimizer) Beta(beta float64) *FtrlOptimizer {
	o.beta = beta
	return o
}

// Slots are the sum of squares and the linear term.
func (o *FtrlOptimizer) Slots() []string { return []string{"accumulator", "linear"} }

// Layout says what the sums start from.
func (o *FtrlOptimizer) Layout(variables []*Variable) []Slot {
	list := SlotsOf(variables, o.Slots()...)
	for i := range list {
		if list[i].Name == "accumulator" {
			list[i].Start = o.start
		}
	}
	return list
}

// Update computes one step.
func (o *FtrlOptimizer) Update(step OptimizerStep, w, g *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	rate := step.LearningRate
	power := func(x *graph.Node) *graph.Node { return graph.Pow(x, scalar(x, -o.power)) }
	if o.power == -0.5 {
		power = graph.Sqrt
	}
	l2 := graph.AddScalar(graph.Div(scalar(w, o.beta), graph.MulScalar(rate, 2.0)), o.l2)
	gradient := graph.Add(g, graph.MulScalar(w, 2*o.shrinkage))
	sum := graph.Add(slots[0], graph.Square(g))
	sigma := graph.Div(graph.Sub(power(sum), power(slots[0])), rate)
	linear := graph.Add(slots[1], graph.Sub(gradient, graph.Mul(sigma, w)))
	quadratic := graph.Add(graph.Div(power(sum), rate), graph.MulScalar(l2, 2.0))
	w = graph.Div(graph.Sub(graph.ClipScalar(linear, -o.l1, o.l1), linear), quadratic)
	return w, []*graph.Node{sum, linear}
}

// Config returns Keras' configuration.
func (o *FtrlOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["learning_rate_power"], c["initial_accumulator_value"], c["beta"] = o.power, o.start, o.beta
	c["l1_regularization_strength"], c["l2_regularization_strength"] = o.l1, o.l2
	c["l2_shrinkage_regularization_strength"] = o.shrinkage
	return c
}

func init() {
	RegisterOptimizer("Ftrl", func(s *Settings) Optimizer {
		return Ftrl(s.Float("learning_rate", 0.001)).LearningRatePower(s.Float("learning_rate_power", -0.5)).
			InitialAccumulator(s.Float("initial_accumulator_value", 0.1)).Beta(s.Float("beta", 0)).
			Regularization(s.Float("l1_regularization_strength", 0), s.Float("l2_regularization_strength", 0),
				s.Float("l2_shrinkage_regularization_strength", 0))
	})
}
