package layers

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// MuonOptimizer makes the momentum of a matrix orthogonal before it moves the
// weights (Jordan 2024), by a few steps of Newton and Schulz's iteration; weights
// of other ranks have AdamW. As Keras computes it, for a matrix of n rows or
// columns, whichever are more:
//
//	m = momentum m + g;  u = g + momentum m
//	x = u/|u|;  5 times: a = x xᵀ;  x = 3.4445 x + (-4.775 a + 2.0315 a²) x
//	w -= 0.2 sqrt(n) rate x
type MuonOptimizer struct {
	OptimizerBase
	beta1, beta2, epsilon, adamRatio float64
	adamDecay                        *float64
	momentum                         float64
	nesterov, embeddings             bool
	iteration                        newtonSchulz
	rms                              *float64
	exclude                          []string
	excluded                         []*regexp.Regexp
}

// Muon returns the optimizer with Keras' momentum 0.95 (Nesterov's), 5 steps of
// the iteration, and a weight decay of 0.004 for all weights. Keras' default
// learning rate is 0.001.
func Muon(learningRate float64, options ...OptimizerOption) *MuonOptimizer {
	adamDecay, rms := 0.004, 0.2
	o := &MuonOptimizer{beta1: 0.9, beta2: 0.999, epsilon: 1e-7, adamRatio: 1, adamDecay: &adamDecay, momentum: 0.95,
		nesterov: true, iteration: muonPolynomial, rms: &rms}
	o.Init("Muon", learningRate, WeightDecay(0.004))
	o.Set(options...)
	return o
}

// Momentum sets how much of a step the next one keeps, and whether it is
// Nesterov's. Default 0.95, true.
func (o *MuonOptimizer) Momentum(momentum float64, nesterov bool) *MuonOptimizer {
	o.unit("momentum", momentum)
	o.momentum, o.nesterov = momentum, nesterov
	return o
}

// NewtonSchulz sets the number of steps of the iteration and its polynomial.
// Default 5, 3.4445, -4.775, 2.0315.
func (o *MuonOptimizer) NewtonSchulz(steps int, a, b, c float64) *MuonOptimizer {
	o.Want(steps >= 0, "ns_steps", "at least 0", float64(steps))
	o.iteration = newtonSchulz{steps: steps, a: a, b: b, c: c}
	return o
}

// RMSRate sets the factor of the root of the larger dimension. Default 0.2; 0
// leaves both out.
func (o *MuonOptimizer) RMSRate(rate float64) *MuonOptimizer {
	if o.rms = &rate; rate == 0 {
		o.rms = nil
	}
	return o
}

// Exclude has AdamW move also variables whose path contains a match of one of
// the regular expressions. Those of embeddings are excluded in any case, see
// IncludeEmbeddings.
func (o *MuonOptimizer) Exclude(patterns ...string) *MuonOptimizer {
	for _, p := range patterns {
		r, err := regexp.Compile(p)
		if err != nil {
			o.fail(fmt.Errorf("exclude_layers wants regular expressions: %w", err))
			return o
		}
		o.exclude, o.excluded = append(o.exclude, p), append(o.excluded, r)
	}
	return o
}

// IncludeEmbeddings has Muon move the matrices of embeddings, too.
func (o *MuonOptimizer) IncludeEmbeddings() *MuonOptimizer {
	o.embeddings = true
	return o
}

// Adam sets what AdamW has: the decay rates of the mean and of the squares,
// epsilon, weight decay, and the factor of the rate. Default 0.9, 0.999, 1e-7,
// 0.004, 1.
func (o *MuonOptimizer) Adam(beta1, beta2, epsilon, decay, ratio float64) *MuonOptimizer {
	o.unit("adam_beta_1", beta1)
	o.unit("adam_beta_2", beta2)
	o.positive("epsilon", epsilon)
	o.Want(decay >= 0, "adam_weight_decay", "at least 0", decay)
	o.beta1, o.beta2, o.epsilon, o.adamDecay, o.adamRatio = beta1, beta2, epsilon, &decay, ratio
	return o
}

// usesAdam tells which optimizer moves a variable.
func (o *MuonOptimizer) usesAdam(v *Variable) bool {
	return len(v.Shape) != 2 || !o.embeddings && strings.Contains(strings.ToLower(v.Path), "embedding") ||
		slices.ContainsFunc(o.excluded, func(r *regexp.Regexp) bool { return r.MatchString(v.Path) })
}

func (o *MuonOptimizer) decayOf(v *Variable) *float64 {
	if o.usesAdam(v) {
		return o.adamDecay
	}
	return o.settings.decay
}

// Slots are the momentum, and the mean of squares where AdamW needs it.
func (o *MuonOptimizer) Slots() []string { return []string{"momentum", "velocity"} }

// Layout says which variables have which.
func (o *MuonOptimizer) Layout(variables []*Variable) (list []Slot) {
	for _, v := range variables {
		list = append(list, Slot{Variable: v, Name: "momentum"})
		if o.usesAdam(v) {
			list = append(list, Slot{Variable: v, Name: "velocity"})
		}
	}
	return list
}

// Update computes one step.
func (o *MuonOptimizer) Update(step OptimizerStep, w, g *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	if o.usesAdam(step.Variable) {
		step.LearningRate = graph.MulScalar(step.LearningRate, o.adamRatio)
		return Adam(0).Betas(o.beta1, o.beta2).Epsilon(o.epsilon).Update(step, w, g, slots)
	}
	m := graph.Add(slots[0], graph.Add(g, graph.MulScalar(slots[0], o.momentum-1)))
	if g = graph.Add(g, graph.MulScalar(m, o.momentum)); !o.nesterov {
		g = m
	}
	change := graph.Mul(o.iteration.of(g), step.LearningRate)
	if o.rms != nil {
		n := max(w.Shape().Dimensions[0], w.Shape().Dimensions[1])
		change = graph.MulScalar(graph.MulScalar(change, math.Sqrt(float64(n))), *o.rms)
	}
	return graph.Sub(w, change), []*graph.Node{m}
}

// Config returns Keras' configuration.
func (o *MuonOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["adam_beta_1"], c["adam_beta_2"], c["epsilon"], c["adam_lr_ratio"] = o.beta1, o.beta2, o.epsilon, o.adamRatio
	c["adam_weight_decay"], c["exclude_embeddings"] = o.adamDecay, !o.embeddings
	c["exclude_layers"] = append([]string{}, o.exclude...)
	c["muon_a"], c["muon_b"], c["muon_c"], c["ns_steps"] = o.iteration.a, o.iteration.b,
		o.iteration.c, o.iteration.steps
	c["momentum"], c["nesterov"], c["rms_rate"] = o.momentum, o.nesterov, o.rms
	return c
}

func init() {
	RegisterOptimizer("Muon", func(s *Settings) Optimizer {
		o := Muon(s.Float("learning_rate", 0.001)).Momentum(s.Float("momentum", 0.95), s.Bool("nesterov", true)).
			NewtonSchulz(s.Int("ns_steps", 5), s.Float("muon_a", 3.4445), s.Float("muon_b", -4.775), s.Float("muon_c", 2.0315))
		o.Adam(s.Float("adam_beta_1", 0.9), s.Float("adam_beta_2", 0.999), s.Float("epsilon", 1e-7),
			*o.adamDecay, s.Float("adam_lr_ratio", 1))
		for key, setting := range map[string]**float64{
			"adam_weight_decay": &o.adamDecay, "rms_rate": &o.rms, "weight_decay": &o.settings.decay,
		} {
			if v, there := s.values[key]; there && v == nil {
				*setting = nil // null is none, absent the default
			} else if there && key != "weight_decay" {
				value := s.Float(key, 0)
				*setting = &value
			}
		}
		list, _ := s.Take("exclude_layers").([]any)
		for _, pattern := range list {
			text, _ := pattern.(string)
			o.Exclude(text)
		}
		if !s.Bool("exclude_embeddings", true) {
			o.IncludeEmbeddings()
		}
		return o
	})
}
