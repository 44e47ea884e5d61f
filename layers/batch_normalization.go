package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// BatchNormalizationLayer normalizes each channel (the last axis); the shape
// stays. Variables, each (channels): gamma and beta (trainable),
// moving_mean and moving_variance (statistics).
type BatchNormalizationLayer struct {
	Base[*BatchNormalizationLayer]
	axis                        int
	momentum, epsilon           float64
	center, scale               bool
	inits                       [4]Initializer // gamma, beta, moving mean, moving variance
	gamma, beta, mean, variance *Variable
}

// BatchNormalization makes the layer:
//
//	y = gamma (x-mean)/sqrt(variance+epsilon) + beta
//
// In training, mean and (biased) variance are those of the batch over all axes
// but the last, and the moving statistics follow them:
//
//	moving = momentum*moving + (1-momentum)*batch
//
// Otherwise, and always while the layer is frozen, they are the moving
// statistics (Keras' rule for trainable=False). Examples that only pad a batch
// (Pass.Mask) do not count. Defaults: momentum 0.99, epsilon 0.001, center and
// scale. The momentum is constant from the first step on, as in Keras.
func BatchNormalization() *BatchNormalizationLayer {
	l := &BatchNormalizationLayer{axis: -1, momentum: 0.99, epsilon: 1e-3, center: true, scale: true,
		inits: [4]Initializer{Ones, Zeros, Zeros, Ones}}
	l.Init(l, "BatchNormalization")
	l.AlwaysFloat32() // statistics of half precision would be too coarse; Keras does the same
	return l
}

// Momentum sets how slowly the moving statistics follow, in [0, 1].
// Default 0.99.
func (l *BatchNormalizationLayer) Momentum(m float64) *BatchNormalizationLayer {
	if !(m >= 0 && m <= 1) {
		l.Invalid("momentum must be between 0 and 1, got %g", m)
	}
	l.momentum = m
	return l
}

// Epsilon sets what is added to the variance, above 0. Default 0.001.
func (l *BatchNormalizationLayer) Epsilon(e float64) *BatchNormalizationLayer {
	if !(e > 0 && e < 1) {
		l.Invalid("epsilon must be above 0 and below 1, got %g", e)
	}
	l.epsilon = e
	return l
}

// WithoutScale leaves gamma out.
func (l *BatchNormalizationLayer) WithoutScale() *BatchNormalizationLayer {
	l.scale = false
	return l
}

// WithoutCenter leaves beta out.
func (l *BatchNormalizationLayer) WithoutCenter() *BatchNormalizationLayer {
	l.center = false
	return l
}

// Axis sets the axis of the channels, the batch axis being 0. Only the last
// axis can be normalized: -1 (default), or its number, 3 for images.
func (l *BatchNormalizationLayer) Axis(axis int) *BatchNormalizationLayer {
	l.axis = axis
	return l
}

// Initializers sets how gamma, beta, moving_mean and moving_variance start.
// Defaults: Ones, Zeros, Zeros, Ones.
func (l *BatchNormalizationLayer) Initializers(gamma, beta, mean, variance Initializer) *BatchNormalizationLayer {
	l.inits = [4]Initializer{gamma, beta, mean, variance}
	for _, i := range l.inits {
		if err := CheckInitializer(i); err != nil {
			l.Invalid("%w", err)
		}
	}
	return l
}

// OutputShape is the input's shape.
func (l *BatchNormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(s) < 1 || (l.axis != -1 && l.axis != len(s)) {
		return nil, fmt.Errorf("normalizes the last axis only, asked for axis %d of %v", l.axis, s)
	}
	if l.mean != nil && l.mean.Shape[0] != s[len(s)-1] {
		return nil, fmt.Errorf("was built for %d channels, got %d", l.mean.Shape[0], s[len(s)-1])
	}
	return s, nil
}

// Build creates the variables.
func (l *BatchNormalizationLayer) Build(in []Shape) error {
	s, err := l.OutputShape(in)
	if err != nil {
		return err
	}
	channels := s[len(s)-1:]
	if l.scale {
		l.gamma = l.AddVariable("gamma", channels, l.inits[0], true)
	}
	if l.center {
		l.beta = l.AddVariable("beta", channels, l.inits[1], true)
	}
	l.mean = l.AddVariable("moving_mean", channels, l.inits[2], false)
	l.variance = l.AddVariable("moving_variance", channels, l.inits[3], false)
	return nil
}

// Call normalizes, and in training updates the moving statistics.
func (l *BatchNormalizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	mean, variance := c.Value(l.mean), c.Value(l.variance)
	if c.Training && l.Trainable() {
		batchMean, batchVariance := moments(c, x)
		c.Update(l.mean, blend(mean, batchMean, l.momentum))
		c.Update(l.variance, blend(variance, batchVariance, l.momentum))
		mean, variance = batchMean, batchVariance
	}
	factor := graph.Reciprocal(graph.Sqrt(graph.AddScalar(variance, l.epsilon)))
	if l.scale {
		factor = graph.Mul(factor, c.Value(l.gamma))
	}
	shift := graph.Neg(graph.Mul(mean, factor))
	if l.center {
		shift = graph.Add(shift, c.Value(l.beta))
	}
	return xla.AddBias(graph.Mul(x, graph.ExpandLeftToRank(factor, x.Rank())), shift)
}

// blend is momentum*old + (1-momentum)*new.
func blend(old, new *graph.Node, momentum float64) *graph.Node {
	return graph.Add(graph.MulScalar(old, momentum), graph.MulScalar(new, 1-momentum))
}

// moments returns mean and biased variance of each channel over the batch's
// real examples.
func moments(c *Pass, x *graph.Node) (mean, variance *graph.Node) {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i
	}
	centered := func(mean *graph.Node) *graph.Node {
		return graph.Sub(x, graph.ExpandLeftToRank(mean, x.Rank()))
	}
	if c.Mask == nil {
		mean = graph.ReduceMean(x, axes...)
		return mean, graph.ReduceMean(graph.Square(centered(mean)), axes...)
	}
	// values of each channel and example, times the number of real examples
	perExample := Shape(x.Shape().Dimensions[1 : x.Rank()-1]).Size()
	count := graph.MulScalar(graph.ReduceAllSum(c.Mask), float64(perExample))
	weight := c.Mask
	for weight.Rank() < x.Rank() {
		weight = graph.InsertAxes(weight, -1)
	}
	mean = graph.Div(graph.ReduceSum(graph.Mul(x, weight), axes...), count)
	return mean, graph.Div(graph.ReduceSum(graph.Mul(graph.Square(centered(mean)), weight), axes...), count)
}

// Config returns Keras' configuration of a BatchNormalization.
func (l *BatchNormalizationLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axis"], c["momentum"], c["epsilon"] = l.axis, l.momentum, l.epsilon
	c["center"], c["scale"] = l.center, l.scale
	c["gamma_initializer"], c["beta_initializer"] = InitializerConfig(l.inits[0]), InitializerConfig(l.inits[1])
	c["moving_mean_initializer"] = InitializerConfig(l.inits[2])
	c["moving_variance_initializer"] = InitializerConfig(l.inits[3])
	for _, key := range []string{"beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint",
		"renorm_clipping"} {
		c[key] = nil
	}
	c["synchronized"], c["renorm"], c["renorm_momentum"] = false, false, 0.99
	return c
}
