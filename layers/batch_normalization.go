package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// BatchNormalizationLayer normalizes each channel; the shape stays. Variables,
// each (channels): gamma and beta (trainable), moving_mean and moving_variance
// (statistics); with Renorm also moving_stddev, renorm_mean and renorm_stddev.
type BatchNormalizationLayer struct {
	gammaAndBeta[*BatchNormalizationLayer]
	axis                 int
	momentum             float64
	meanInit, varInit    Initializer
	synchronized         bool
	renorm               *renorm
	mean, variance       *Variable
	stddev, rMean, rSdev *Variable // of renorm
}

// BatchNormalization makes the layer (Ioffe and Szegedy, 2015,
// arXiv:1502.03167):
//
//	y = gamma (x-mean)/sqrt(variance+epsilon) + beta
//
// In training, mean and (biased) variance are those of the batch over all axes
// but that of the channels, and the moving statistics follow them:
//
//	moving = momentum*moving + (1-momentum)*batch
//
// Otherwise, and always while the layer is frozen, they are the moving
// statistics (Keras' rule for trainable=False). Examples that only pad a batch
// (Pass.Mask) do not count. Defaults: axis -1, momentum 0.99, epsilon 0.001,
// center and scale. The momentum is constant from the first step on, as in
// Keras. On several devices the statistics are those of the whole batch.
func BatchNormalization() *BatchNormalizationLayer {
	l := &BatchNormalizationLayer{axis: -1, momentum: 0.99, meanInit: Zeros, varInit: Ones}
	l.init(l, "BatchNormalization")
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

// Axis sets the axis of the channels, counted with the batch axis as 0, or from
// the end if negative. Default -1.
func (l *BatchNormalizationLayer) Axis(axis int) *BatchNormalizationLayer {
	l.axis = axis
	return l
}

// Initializers sets how gamma, beta, moving_mean and moving_variance start.
// Defaults: Ones, Zeros, Zeros, Ones.
func (l *BatchNormalizationLayer) Initializers(gamma, beta, mean, variance Initializer) *BatchNormalizationLayer {
	l.gamma.Initializer, l.beta.Initializer, l.meanInit, l.varInit = gamma, beta, mean, variance
	for _, i := range []Initializer{gamma, beta, mean, variance} {
		if err := CheckInitializer(i); err != nil {
			l.Invalid("%w", err)
		}
	}
	return l
}

// channels is the place of the channels in an example's shape.
func (l *BatchNormalizationLayer) channels(in Shape) (place int, err error) {
	places, err := valueAxes([]int{l.axis}, in)
	if err != nil {
		return 0, err
	}
	return places[0], nil
}

// OutputShape is the input's shape.
func (l *BatchNormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	place, err := l.channels(s)
	if err == nil && l.mean != nil && l.mean.Shape[0] != s[place] {
		err = fmt.Errorf("was built for %d channels, got %d", l.mean.Shape[0], s[place])
	}
	return s, err
}

// Build creates the variables.
func (l *BatchNormalizationLayer) Build(in []Shape) error {
	s, err := l.OutputShape(in)
	if err != nil {
		return err
	}
	place, err := l.channels(s)
	if err != nil {
		return err
	}
	channels := Shape{s[place]}
	l.create(channels)
	l.mean = l.AddVariable("moving_mean", channels, l.meanInit, false)
	l.variance = l.AddVariable("moving_variance", channels, l.varInit, false)
	if l.renorm != nil {
		l.stddev = l.AddVariable("moving_stddev", channels, rootOf{l.varInit}, false)
		l.rMean = l.AddVariable("renorm_mean", channels, l.meanInit, false)
		l.rSdev = l.AddVariable("renorm_stddev", channels, rootOf{l.varInit}, false)
	}
	return nil
}

// Call normalizes, and in training updates the moving statistics.
func (l *BatchNormalizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	example := Shape(x.Shape().Dimensions[1:])
	place, err := l.channels(example)
	if err != nil {
		panic(err)
	}
	mean, variance := c.Value(l.mean), c.Value(l.variance)
	var gamma, beta *graph.Node
	if l.scale {
		gamma = c.Value(l.gammaWeight)
	}
	if l.center {
		beta = c.Value(l.betaWeight)
	}
	if c.Training && l.Trainable() {
		batchMean, batchVariance := moments(c, x, 1+place)
		if l.renorm != nil {
			gamma, beta = l.corrected(c, batchMean, batchVariance, gamma, beta)
		} else {
			c.Update(l.mean, blend(mean, batchMean, l.momentum))
			c.Update(l.variance, blend(variance, batchVariance, l.momentum))
		}
		mean, variance = batchMean, batchVariance
	}
	factor := graph.Reciprocal(graph.Sqrt(graph.AddScalar(variance, l.epsilon)))
	if gamma != nil {
		factor = graph.Mul(factor, gamma)
	}
	shift := graph.Neg(graph.Mul(mean, factor))
	if beta != nil {
		shift = graph.Add(shift, beta)
	}
	form := onesBut(example, []int{place})
	return graph.Add(graph.Mul(x, graph.Reshape(factor, form...)), graph.Reshape(shift, form...))
}

// blend is momentum*old + (1-momentum)*new.
func blend(old, new *graph.Node, momentum float64) *graph.Node {
	return graph.Add(graph.MulScalar(old, momentum), graph.MulScalar(new, 1-momentum))
}

// moments returns mean and biased variance of each channel over the batch's
// real examples. Of sequences with a mask the steps that count do.
func moments(c *Pass, x *graph.Node, channels int) (mean, variance *graph.Node) {
	var axes []int
	form := make([]int, x.Rank())
	for i := range form {
		form[i] = 1
		if i != channels {
			axes = append(axes, i)
		}
	}
	size := x.Shape().Dimensions[channels]
	form[channels] = size
	centered := func(mean *graph.Node) *graph.Node { return graph.Sub(x, graph.Reshape(mean, form...)) }
	if steps := c.StepMask(x); steps != nil {
		return maskedMoments(c, x, steps, channels, axes, centered)
	}
	if c.Mask == nil {
		mean = graph.ReduceMean(x, axes...)
		return mean, graph.ReduceMean(graph.Square(centered(mean)), axes...)
	}
	// values of each channel and example, times the number of real examples
	perExample := Shape(x.Shape().Dimensions[1:]).Size() / size
	count := graph.MulScalar(graph.ReduceAllSum(c.Mask), float64(perExample))
	weight := c.Mask
	for weight.Rank() < x.Rank() {
		weight = graph.InsertAxes(weight, -1)
	}
	mean = graph.Div(graph.ReduceSum(graph.Mul(x, weight), axes...), count)
	return mean, graph.Div(graph.ReduceSum(graph.Mul(graph.Square(centered(mean)), weight), axes...), count)
}

// maskedMoments are those of the steps that count, as Keras' _moments has them.
func maskedMoments(c *Pass, x, steps *graph.Node, channels int, axes []int,
	centered func(*graph.Node) *graph.Node) (mean, variance *graph.Node) {
	if channels != x.Rank()-1 || steps.Rank() >= x.Rank() {
		panic(fmt.Errorf("layers: batch normalization of a sequence with a mask wants the channels last, got axis %d of %v",
			channels, x.Shape().Dimensions))
	}
	weight := graph.ConvertDType(steps, x.DType())
	if c.Mask != nil {
		weight = graph.Mul(weight, stepsLike(c.Mask, weight))
	}
	weight = graph.StopGradient(graph.BroadcastToDims(stepsLike(weight, x), x.Shape().Dimensions...))
	count := graph.AddScalar(graph.ReduceSum(weight, axes...), fuzz)
	mean = graph.Div(graph.ReduceSum(graph.Mul(x, weight), axes...), count)
	return mean, graph.Div(graph.ReduceSum(graph.Mul(graph.Square(centered(mean)), weight), axes...), count)
}

// Config returns Keras' configuration of a BatchNormalization.
func (l *BatchNormalizationLayer) Config() map[string]any {
	c := l.gammaAndBeta.Config()
	c["axis"], c["momentum"] = l.axis, l.momentum
	c["moving_mean_initializer"] = InitializerConfig(l.meanInit)
	c["moving_variance_initializer"] = InitializerConfig(l.varInit)
	c["synchronized"] = l.synchronized
	l.renorm.addConfig(c)
	return c
}

func readBatchNormalization(s *Settings) Layer {
	axis := s.Ints("axis", -1) // older files write a list
	if len(axis) != 1 {
		s.Fail("axis wants one number, got %v", axis)
		axis = []int{-1}
	}
	l := BatchNormalization().Axis(axis[0]).Momentum(s.Float("momentum", 0.99))
	readGammaAndBeta(s, &l.gammaAndBeta)
	l.meanInit = s.Initializer("moving_mean_initializer", Zeros)
	l.varInit = s.Initializer("moving_variance_initializer", Ones)
	l.synchronized = s.Bool("synchronized", false)
	readRenorm(s, l)
	return l
}

func init() { RegisterLayer("BatchNormalization", readBatchNormalization) }
