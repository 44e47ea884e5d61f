package layers

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// FilterMuonOptimizer is Muon for the kernels of convolutions, as airbench94
// has it (Jordan 2024): a kernel (spatial axes…, in, filters) is a matrix with
// a column for each filter. Each step first gives the kernel the length
// sqrt(filters), so that rates count relative to it:
//
//	m = momentum m + g;  u = g + momentum m  (Nesterov's; else u = m)
//	w = w sqrt(filters)/|w|
//	w -= rate NewtonSchulz(u)
//
// [Muon] is Keras', which moves matrices alone and knows no such length.
type FilterMuonOptimizer struct {
	OptimizerBase
	momentum  float64
	nesterov  bool
	free      bool // weights have any length
	iteration newtonSchulz
}

// FilterMuon returns the optimizer with airbench94's settings: momentum 0.6,
// Nesterov's, and 3 steps of the iteration in bfloat16. Its learning rate there
// begins at 0.24. All weights need at least two axes; [PerGroup] gives the
// others to another optimizer.
func FilterMuon(learningRate float64, options ...OptimizerOption) *FilterMuonOptimizer {
	o := &FilterMuonOptimizer{momentum: 0.6, nesterov: true, iteration: muonPolynomial}
	o.iteration.steps, o.iteration.bfloat16 = 3, true
	o.Init("gocifar>FilterMuon", learningRate, options...)
	return o
}

// Momentum sets how much of a step the next one keeps, and whether it is
// Nesterov's. Default 0.6, true.
func (o *FilterMuonOptimizer) Momentum(momentum float64, nesterov bool) *FilterMuonOptimizer {
	o.unit("momentum", momentum)
	o.momentum, o.nesterov = momentum, nesterov
	return o
}

// NewtonSchulz sets the number of steps of the iteration, and whether it is
// computed in bfloat16. Default 3, true.
func (o *FilterMuonOptimizer) NewtonSchulz(steps int, bfloat16 bool) *FilterMuonOptimizer {
	o.Want(steps >= 0, "ns_steps", "at least 0", float64(steps))
	o.iteration.steps, o.iteration.bfloat16 = steps, bfloat16
	return o
}

// AnyLength leaves the weights' length as it is.
func (o *FilterMuonOptimizer) AnyLength() *FilterMuonOptimizer {
	o.free = true
	return o
}

// Slots is the momentum.
func (o *FilterMuonOptimizer) Slots() []string { return []string{"momentum"} }

// Update computes one step.
func (o *FilterMuonOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	if w.Rank() < 2 {
		panic(fmt.Errorf("layers: FilterMuon moves kernels, of at least two axes; give %s, of shape %v, to another "+
			"optimizer: see PerGroup", step.Variable.Path, w.Shape().Dimensions))
	}
	m := graph.Add(graph.MulScalar(slots[0], o.momentum), g)
	u := m
	if o.nesterov {
		u = graph.Add(g, graph.MulScalar(m, o.momentum))
	}
	filters := w.Shape().Dimensions[w.Rank()-1]
	if !o.free {
		length := graph.Sqrt(graph.ReduceAllSum(graph.Square(w)))
		w = graph.Mul(w, graph.Div(scalar(w, math.Sqrt(float64(filters))), length))
	}
	change := graph.Reshape(o.iteration.of(graph.Reshape(u, -1, filters)), w.Shape().Dimensions...)
	return graph.Sub(w, graph.Mul(change, step.LearningRate)), []*graph.Node{m}
}

// Config returns the configuration.
func (o *FilterMuonOptimizer) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["momentum"], c["nesterov"], c["any_length"] = o.momentum, o.nesterov, o.free
	c["ns_steps"], c["ns_bfloat16"] = o.iteration.steps, o.iteration.bfloat16
	return c
}

func init() {
	RegisterOptimizer("gocifar>FilterMuon", func(s *Settings) Optimizer {
		o := FilterMuon(s.Float("learning_rate", 0.24)).Momentum(s.Float("momentum", 0.6), s.Bool("nesterov", true)).
			NewtonSchulz(s.Int("ns_steps", 3), s.Bool("ns_bfloat16", true))
		if s.Bool("any_length", false) {
			o.AnyLength()
		}
		return o
	})
}
