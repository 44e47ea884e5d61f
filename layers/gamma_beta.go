package layers

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// gammaAndBeta is what layers share that normalize, then scale by a trained
// gamma and shift by a trained beta: their variables and the options for them.
type gammaAndBeta[L Layer] struct {
	Base[L]
	epsilon                 float64
	scale, center           bool
	gamma, beta             WeightOptions
	gammaWeight, betaWeight *Variable
}

// init is Init with Keras' defaults. Such a layer computes in float32 under
// every policy: statistics of half precision would be too coarse, and Keras
// does the same.
func (l *gammaAndBeta[L]) init(self L, class string) {
	l.Init(self, class)
	l.AlwaysFloat32()
	l.epsilon, l.scale, l.center = 1e-3, true, true
	l.gamma.Initializer, l.beta.Initializer = Ones, Zeros
}

// Epsilon sets what is added to the variance, at least 0. Default 0.001.
func (l *gammaAndBeta[L]) Epsilon(e float64) L {
	if err := checkEpsilon(e); err != nil {
		l.Invalid("%w", err)
	}
	l.epsilon = e
	return l.self
}

// WithoutScale leaves gamma out.
func (l *gammaAndBeta[L]) WithoutScale() L {
	l.scale = false
	return l.self
}

// WithoutCenter leaves beta out.
func (l *gammaAndBeta[L]) WithoutCenter() L {
	l.center = false
	return l.self
}

// Gamma sets how gamma starts, its penalty and its bounds. Default Ones
// without either.
func (l *gammaAndBeta[L]) Gamma(o WeightOptions) L {
	l.gamma.replace(&l.state, "gamma", o)
	return l.self
}

// Beta sets how beta starts, its penalty and its bounds. Default Zeros without
// either.
func (l *gammaAndBeta[L]) Beta(o WeightOptions) L {
	l.beta.replace(&l.state, "beta", o)
	return l.self
}

// create creates the variables.
func (l *gammaAndBeta[L]) create(shape Shape) {
	if l.scale {
		l.gammaWeight = l.AddWeight("gamma", shape, l.gamma)
	}
	if l.center {
		l.betaWeight = l.AddWeight("beta", shape, l.beta)
	}
}

// builtShape is the shape of the variables, nil before there are any.
func (l *gammaAndBeta[L]) builtShape() Shape {
	for _, v := range []*Variable{l.gammaWeight, l.betaWeight} {
		if v != nil {
			return v.Shape
		}
	}
	return nil
}

// normalize is gamma (x-mean)/sqrt(variance+epsilon) + beta; mean and variance
// broadcast to x, and so do gamma and beta in the given form.
func (l *gammaAndBeta[L]) normalize(c *Pass, x, mean, variance *graph.Node, form []int) *graph.Node {
	factor := graph.Reciprocal(graph.Sqrt(graph.AddScalar(variance, l.epsilon)))
	if l.gammaWeight != nil {
		factor = graph.Mul(factor, graph.Reshape(c.Value(l.gammaWeight), form...))
	}
	shift := graph.Neg(graph.Mul(mean, factor))
	if l.betaWeight != nil {
		shift = graph.Add(shift, graph.Reshape(c.Value(l.betaWeight), form...))
	}
	return graph.Add(graph.Mul(x, factor), shift)
}

// Config returns the settings that these layers have in common.
func (l *gammaAndBeta[L]) Config() map[string]any {
	c := l.Base.Config()
	c["epsilon"], c["center"], c["scale"] = l.epsilon, l.center, l.scale
	l.gamma.AddConfig(c, "gamma")
	l.beta.AddConfig(c, "beta")
	return c
}

// readGammaAndBeta reads these settings.
func readGammaAndBeta[L Layer](s *Settings, l *gammaAndBeta[L]) {
	l.Epsilon(s.Float("epsilon", 1e-3))
	l.gamma, l.beta = s.WeightOptions("gamma", Ones), s.WeightOptions("beta", Zeros)
	l.scale, l.center = s.Bool("scale", true), s.Bool("center", true)
}

func checkEpsilon(e float64) error {
	if !(e >= 0) || math.IsInf(e, 1) {
		return fmt.Errorf("epsilon must be at least 0 and finite, got %g", e)
	}
	return nil
}

// meanAndVariance are those along some axes, which stay with size 1; the
// variance is the biased one.
func meanAndVariance(x *graph.Node, axes []int) (mean, variance *graph.Node) {
	mean = graph.ReduceAndKeep(x, graph.ReduceMean, axes...)
	return mean, graph.ReduceAndKeep(graph.Square(graph.Sub(x, mean)), graph.ReduceMean, axes...)
}

// onesBut is the shape of a batch with size 1 on all axes but some, given as
// places in the shape of an example.
func onesBut(of Shape, places []int) []int {
	form := make([]int, 1+len(of))
	for i := range form {
		form[i] = 1
	}
	for _, p := range places {
		form[1+p] = of[p]
	}
	return form
}
