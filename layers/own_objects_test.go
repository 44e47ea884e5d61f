package layers_test

import (
	"errors"
	"math/rand/v2"
	"os"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gocifar/gocifar/layers"
)

// A user's layer, initializer, loss, metric and optimizer, made of nothing but
// what package layers exports. testdata/own_objects.py has them in Python.

// scale multiplies and shifts each value of an example, and keeps their moving
// mean, which training does not change.
type scale struct {
	layers.Base[*scale]
	momentum             float64
	start                layers.Initializer
	factors, shift, mean *layers.Variable
}

func newScale(momentum float64, start layers.Initializer) *scale {
	l := &scale{momentum: momentum, start: start}
	l.Init(l, "own>Scale")
	if momentum < 0 || momentum > 1 {
		l.Invalid("momentum must be in [0, 1], got %g", momentum)
	}
	return l
}

func (l *scale) OutputShape(in []layers.Shape) (layers.Shape, error) {
	if len(in) != 1 || len(in[0]) != 1 {
		return nil, errors.New("wants one input of one axis")
	}
	return in[0], nil
}

func (l *scale) Build(in []layers.Shape) error {
	l.factors = l.AddWeight("factors", in[0], layers.WeightOptions{Initializer: l.start, Constraint: bound{1.9}})
	l.shift = l.AddVariable("shift", in[0], layers.Zeros, true)
	l.mean = l.AddVariable("mean", in[0], layers.Zeros, false)
	return nil
}

func (l *scale) Call(p *layers.Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	row := func(v *graph.Node) *graph.Node { return graph.ExpandLeftToRank(v, 2) }
	mean := p.Value(l.mean)
	if p.Training {
		p.Update(l.mean, graph.Add(graph.MulScalar(mean, l.momentum), graph.MulScalar(graph.ReduceMean(x, 0), 1-l.momentum)))
	}
	x = graph.Sub(x, row(mean))
	p.AddLoss(graph.MulScalar(graph.ReduceAllMean(graph.Square(p.Value(l.shift))), 0.5))
	return p.Activate(layers.Tanh, graph.Add(graph.Mul(x, row(p.Value(l.factors))), row(p.Value(l.shift))))
}

func (l *scale) Config() map[string]any {
	c := l.Base.Config()
	c["momentum"], c["start"] = l.momentum, layers.InitializerConfig(l.start)
	return c
}

// ramp draws to/n, 2 to/n, …, to.
type ramp struct{ to float64 }

func (ramp) Class() string            { return "own>Ramp" }
func (r ramp) Config() map[string]any { return map[string]any{"to": r.to} }

func (r ramp) Draw(shape layers.Shape, _ *rand.Rand) []float32 {
	values := make([]float32, shape.Size())
	for i := range values {
		values[i] = float32(r.to * float64(i+1) / float64(len(values)))
	}
	return values
}

// softStep is x/sqrt(1+x²).
func softStep(p *layers.Pass, x *graph.Node) *graph.Node {
	return p.Pointwise(x, func(x *graph.Node) *graph.Node {
		return graph.Div(x, graph.Sqrt(graph.AddScalar(graph.Square(x), 1.0)))
	})
}

// fourth is factor times the sum of the fourth powers.
type fourth struct{ factor float64 }

func (fourth) Class() string            { return "own>Fourth" }
func (r fourth) Config() map[string]any { return map[string]any{"factor": r.factor} }

func (r fourth) Penalty(x *graph.Node) *graph.Node {
	return graph.MulScalar(graph.ReduceAllSum(graph.Square(graph.Square(x))), r.factor)
}

// bound keeps weights between -limit and limit.
type bound struct{ limit float64 }

func (bound) Class() string            { return "own>Bound" }
func (c bound) Config() map[string]any { return map[string]any{"limit": c.limit} }

func (c bound) Constrain(w *graph.Node) *graph.Node { return graph.ClipScalar(w, -c.limit, c.limit) }

// pseudoHuber is the mean of delta² (sqrt(1+(error/delta)²)-1).
type pseudoHuber struct{ delta float64 }

func (pseudoHuber) Name() string             { return "pseudo_huber" }
func (pseudoHuber) Class() string            { return "own>PseudoHuber" }
func (l pseudoHuber) Config() map[string]any { return map[string]any{"delta": l.delta} }

func (l pseudoHuber) PerExample(_ *layers.Pass, targets, outputs *graph.Node) *graph.Node {
	x := graph.Square(graph.DivScalar(graph.Sub(outputs, targets), l.delta))
	return graph.ReduceMean(graph.MulScalar(graph.AddScalar(graph.Sqrt(graph.AddScalar(x, 1.0)), -1.0), l.delta*l.delta),
		-1)
}

// within is the share of outputs closer to their target than limit.
type within struct{ limit float64 }

func (within) Name() string             { return "within" }
func (within) LargerIsBetter() bool     { return true }
func (within) Class() string            { return "own>Within" }
func (w within) Config() map[string]any { return map[string]any{"limit": w.limit} }

func (w within) PerExample(_ *layers.Pass, targets, outputs *graph.Node) *graph.Node {
	off := graph.Abs(graph.Sub(outputs, targets))
	limit := graph.Scalar(off.Graph(), off.DType(), w.limit)
	return graph.ReduceMean(graph.ConvertDType(graph.LessThan(off, limit), dtypes.Float32), -1)
}

// trail divides a decayed sum of the gradients by one of their sizes:
//
//	t = decay t + g;  s = decay s + |g|;  w -= rate t/(s+1)
type trail struct {
	layers.OptimizerBase
	decay float64
}

func newTrail(rate, decay float64) *trail {
	o := &trail{decay: decay}
	o.Init("own>Trail", rate)
	o.Want(decay >= 0 && decay < 1, "decay", "in [0, 1)", decay)
	return o
}

func (o *trail) Slots() []string { return []string{"trail", "size"} }

func (o *trail) Update(step layers.OptimizerStep, w, g *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	t := graph.Add(graph.MulScalar(slots[0], o.decay), g)
	s := graph.Add(graph.MulScalar(slots[1], o.decay), graph.Abs(g))
	return graph.Sub(w, graph.Mul(step.LearningRate, graph.Div(t, graph.AddScalar(s, 1.0)))), []*graph.Node{t, s}
}

func (o *trail) Config() map[string]any {
	c := o.OptimizerBase.Config()
	c["decay"] = o.decay
	return c
}

func init() {
	if os.Getenv("LAYERS_TEST_UNREGISTERED") != "" {
		return // a program that does not import the package with these
	}
	layers.RegisterLayer("own>Scale", func(s *layers.Settings) layers.Layer {
		return newScale(s.Float("momentum", 0.9), s.Initializer("start", layers.Ones))
	})
	layers.RegisterInitializer("own>Ramp", func(s *layers.Settings) layers.Initializer { return ramp{s.Float("to", 1)} })
	layers.RegisterActivation("own>soft_step", softStep)
	layers.RegisterRegularizer("own>Fourth", func(s *layers.Settings) layers.Regularizer {
		return fourth{s.Float("factor", 0.01)}
	})
	layers.RegisterConstraint("own>Bound", func(s *layers.Settings) layers.Constraint {
		return bound{s.Float("limit", 1)}
	})
	layers.RegisterLoss("own>PseudoHuber", func(s *layers.Settings) layers.Loss {
		return pseudoHuber{s.Float("delta", 1)}
	})
	layers.RegisterMetric("own>Within", func(s *layers.Settings) layers.Metric { return within{s.Float("limit", 0.1)} })
	layers.RegisterOptimizer("own>Trail", func(s *layers.Settings) layers.Optimizer {
		return newTrail(s.Float("learning_rate", 0.01), s.Float("decay", 0.9))
	})
}

// ownModel has one of each, and targets that are numbers.
func ownModel() (*layers.Model, error) {
	m := layers.Sequential("own", layers.Input(4),
		layers.Dense(5).KernelInitializer(ramp{0.5}).Activation("own>soft_step"),
		newScale(0.75, ramp{2}), layers.Dense(3).KernelRegularizer(fourth{0.02}).ActivityRegularizer(fourth{0.1}).
			BiasConstraint(bound{0.01}))
	return m, m.Compile(newTrail(0.05, 0.5), pseudoHuber{0.5}, within{0.2}, layers.MeanSquaredError)
}

// ownExamples are own_objects.py's.
func ownExamples() *layers.Examples {
	e := &layers.Examples{Shape: []int{4}, TargetShape: []int{3}}
	for i := range 32 {
		for j := range 4 {
			e.Floats = append(e.Floats, float32((i*7+j*5)%11)/11)
		}
		for j := range 3 {
			e.Targets = append(e.Targets, float32((i*3+j*2)%7)/7)
		}
	}
	return e
}
