package layers

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// AdafactorOptimizer is Adam without a mean of gradients, and with the means of
// squares of rows and columns in place of those of single weights (Shazeer and
// Stern 2018), which saves memory. Keras' keeps the latter too. As Keras computes
// it:
//
//	rho = min(rate, 1/sqrt(t));  alpha = max(epsilon2, rms(w)) rho;  b = 1-t^decay
//	r = b r + (1-b) mean(g²+epsilon1) of rows;  c of columns;  v = r/mean(r) c
//	u = g/sqrt(v);  w -= alpha u / max(1, rms(u)/threshold)
//
// For weights of less than two axes v = b v + (1-b)(g²+epsilon1).
type AdafactorOptimizer struct {
	OptimizerBase
	decay, epsilon1, epsilon2, threshold float64
	relative                             bool
}

// Adafactor returns the optimizer with Keras' decay -0.8, epsilons 1e-30 and
// 1e-3, threshold 1 and relative steps. Keras' default learning rate is 0.001.
func Adafactor(learningRate float64, options ...OptimizerOption) *AdafactorOptimizer {
	o := &AdafactorOptimizer{decay: -0.8, epsilon1: 1e-30, epsilon2: 1e-3, threshold: 1, relative: true}
	o.Init("Adafactor", learningRate, options...)
	return o
}

// Beta2Decay sets the power of the number of steps from which the decay rate of
// the means comes, below 0. Default -0.8.
func (o *AdafactorOptimizer) Beta2Decay(decay float64) *AdafactorOptimizer {
	o.Want(decay < 0, "beta_2_decay", "below 0", decay)
	o.decay = decay
	return o
}

// Epsilons set what keeps the means of squares and the size of a step from 0.
// Default 1e-30, 1e-3.
func (o *AdafactorOptimizer) Epsilons(squares, step float64) *AdafactorOptimizer {
	o.positive("epsilon_1", squares)
	o.positive("epsilon_2", step)
	o.epsilon1, o.epsilon2 = squares, step
	return o
}

// ClipThreshold sets the largest size of a step before it is scaled. Default 1.
func (o *AdafactorOptimizer) ClipThreshold(threshold float64) *AdafactorOptimizer {
	o.positive("clip_threshold", threshold)
	o.threshold = threshold
	return o
}

// RelativeStep says whether the rate falls with the root of the number of steps
// where that is smaller. Default true. In Keras 3.15 it changes nothing: rho
// falls in both cases.
func (o *AdafactorOptimizer) RelativeStep(on bool) *AdafactorOptimizer {
	o.relative = on
	return o
}

// Slots are the means of squares: of rows, of columns, of single weights.
func (o *AdafactorOptimizer) Slots() []string { return []string{"r", "c", "velocity"} }

// Layout gives each its shape. A weight of less than two axes has rows and
// columns as scalars, which nobody uses; files of Keras have them.
func (o *AdafactorOptimizer) Layout(variables []*Variable) (list []Slot) {
	for _, v := range variables {
		rows, columns := Shape{}, Shape{}
		if n := len(v.Shape); n >= 2 {
			rows = v.Shape[:n-1].Clone()
			columns = append(v.Shape[:n-2].Clone(), v.Shape[n-1])
		}
		list = append(list, Slot{Variable: v, Name: "r", Shape: rows}, Slot{Variable: v, Name: "c", Shape: columns},
			Slot{Variable: v, Name: "velocity"})
	}
	return list
}

// Update computes one step.
func (o *AdafactorOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	rms := func(x *graph.Node) *graph.Node { return graph.Sqrt(graph.ReduceAllMean(graph.Square(x))) }
	slots = slices.Clone(slots)
	rho := graph.Min(step.LearningRate, graph.Reciprocal(graph.Sqrt(step.Iteration)))
	alpha := graph.Mul(graph.Max(scalar(w, o.epsilon2), rms(w)), rho)
	beta := graph.OneMinus(graph.Pow(step.Iteration, scalar(w, o.decay)))
	mean := func(old, new *graph.Node) *graph.Node {
		return graph.Add(graph.Mul(beta, old), graph.Mul(graph.OneMinus(beta), new))
	}
	squares := graph.AddScalar(graph.Square(g), o.epsilon1)
	if w.Rank() >= 2 {
		slots[0] = mean(slots[0], graph.ReduceMean(squares, -1))
		slots[1] = mean(slots[1], graph.ReduceMean(squares, -2))
		rows := graph.Div(slots[0], graph.ReduceAndKeep(slots[0], graph.ReduceMean, -1))
		slots[2] = graph.Mul(graph.ExpandAxes(rows, -1), graph.ExpandAxes(slots[1], -2))
	} else {
		slots[2] = mean(slots[2], squares)
	}
	u := graph.Div(g, graph.Sqrt(slots[2]))
	u = graph.Div(u, graph.Max(scalar(w, 1), graph.DivScalar(rms(u), o.threshold)))
	return graph.Sub(w, graph.Mul(alpha, u)), slots
}

// Config returns Keras' configuration.
func (o *AdafactorOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["beta_2_decay"], c["epsilon_1"], c["epsilon_2"] = o.decay, o.epsilon1, o.epsilon2
	c["clip_threshold"], c["relative_step"] = o.threshold, o.relative
	return c
}

func init() {
	RegisterOptimizer("Adafactor", func(s *Settings) Optimizer {
		return Adafactor(s.Float("learning_rate", 0.001)).Beta2Decay(s.Float("beta_2_decay", -0.8)).
			Epsilons(s.Float("epsilon_1", 1e-30), s.Float("epsilon_2", 1e-3)).
			ClipThreshold(s.Float("clip_threshold", 1)).RelativeStep(s.Bool("relative_step", true))
	})
}
