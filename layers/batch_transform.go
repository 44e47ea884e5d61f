package layers

import (
	"fmt"
	"math"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// BatchTransform changes whole batches in the training step, targets too: what
// Keras does in a pipeline of tf.data. See [MixUp] and [CutMix].
type BatchTransform interface {
	// TransformBatch returns other inputs, float32, and targets, int32 class
	// indices or float32, of the same number of examples. Random numbers come
	// from the pass, whose Mask says which examples are real. It may panic as
	// GoMLX's graph functions do.
	TransformBatch(c *Pass, inputs, targets []*graph.Node) (newInputs, newTargets []*graph.Node)
}

// TransformBatches sets what every batch goes through in training, one
// transform after the other; none takes those away that were set. Evaluation
// and prediction see the examples as they are. It returns the model.
func (m *Model) TransformBatches(transforms ...BatchTransform) *Model {
	for i, t := range transforms {
		if t == nil {
			return m.fail(fmt.Errorf("TransformBatches wants transforms, got nil at place %d", i))
		}
		if c, ok := t.(interface{ check() error }); ok && c.check() != nil {
			return m.fail(c.check())
		}
	}
	m.transforms = transforms
	if c := m.compiled; c != nil {
		c.programs = engine.Programs{}
	}
	return m
}

// transformed is a training batch as the model's transforms change it.
func (m *Model) transformed(c *Pass, b *engine.Batch) *engine.Batch {
	if !b.Training || len(m.transforms) == 0 {
		return b
	}
	changed := *b
	for _, t := range m.transforms {
		changed.Inputs, changed.Targets = t.TransformBatch(c, changed.Inputs, changed.Targets)
	}
	return &changed
}

// mixture is a transform that combines each example with another one of its
// batch.
type mixture struct {
	name    string
	classes int
	err     error
	// draw draws, for a batch of images, an order of the examples and whatever
	// mix needs.
	draw func(c *Pass, x *graph.Node) []*graph.Node
	// mix combines images and their partners, and says how much of each image
	// is left: float32 [batch].
	mix func(x, partners *graph.Node, drawn []*graph.Node) (mixed, left *graph.Node)
}

func (m *mixture) check() error { return m.err }

// TransformBatch implements [BatchTransform].
func (m *mixture) TransformBatch(c *Pass, inputs, targets []*graph.Node) (newInputs, newTargets []*graph.Node) {
	if len(inputs) != 1 || len(targets) != 1 || inputs[0].Rank() != 4 {
		panic(fmt.Errorf("layers: %s wants 1 input of images and 1 target, got %d inputs and %d targets",
			m.name, len(inputs), len(targets)))
	}
	drawn := m.draw(c, inputs[0])
	drawn[0] = ownWhereFilled(c, drawn[0])
	x, y := m.apply(inputs[0], m.oneHot(targets[0]), drawn)
	return []*graph.Node{x}, []*graph.Node{y}
}

// apply mixes images and targets by the numbers drawn.
func (m *mixture) apply(x, y *graph.Node, drawn []*graph.Node) (mixedX, mixedY *graph.Node) {
	order := graph.ExpandAxes(drawn[0], -1)
	mixedX, left := m.mix(x, graph.Gather(x, order), drawn)
	left = graph.Reshape(left, -1, 1)
	rest := graph.AddScalar(graph.Neg(left), 1)
	return mixedX, graph.Add(graph.Mul(left, y), graph.Mul(rest, graph.Gather(y, order)))
}

// oneHot is the form of targets that can be mixed.
func (m *mixture) oneHot(y *graph.Node) *graph.Node {
	switch {
	case y.DType().IsFloat():
		return y
	case m.classes < 1:
		panic(fmt.Errorf("layers: %s of labels wants to know the number of classes: call Classes", m.name))
	case y.Rank() != 1:
		panic(fmt.Errorf("layers: %s wants one label an example, got labels of shape %s", m.name, y.Shape()))
	}
	return graph.OneHot(y, m.classes, dtypes.Float32)
}

// ownWhereFilled lets no example that only fills up the batch take part.
func ownWhereFilled(c *Pass, order *graph.Node) *graph.Node {
	if c.Mask == nil {
		return order
	}
	own := graph.Iota(c.Graph, order.Shape(), 0)
	real := graph.GreaterThan(graph.Gather(c.Mask, graph.ExpandAxes(order, -1)), graph.ScalarZero(c.Graph, dtypes.Float32))
	return graph.Where(real, order, own)
}

// maxAlpha bounds the parameters of Beta: beyond it betaTrials are too few.
const (
	maxAlpha   = 2
	betaTrials = 64
)

// beta draws n numbers from Beta(alpha, alpha), where alpha is a float32 scalar
// of at most maxAlpha.
func (c *Pass) beta(alpha *graph.Node, n int) *graph.Node {
	return graph.Sigmoid(c.betaOdds(alpha, alpha, n))
}

// betaOdds draws the logarithms of p/(1-p) for n numbers p from Beta(alpha,
// beta): the first of many trials that Jöhnk's method (1964) accepts. It works
// with logarithms, as powers of 1/alpha underflow.
func (c *Pass) betaOdds(alpha, beta *graph.Node, n int) *graph.Node {
	power := func(of *graph.Node) *graph.Node {
		u := graph.AddScalar(graph.Neg(c.unit([]int{n, betaTrials})), 1) // in (0, 1]
		return graph.Div(graph.Log(u), of)
	}
	a, b := power(alpha), power(beta)
	sum := logSum(a, b)
	accepted := graph.LessOrEqual(sum, graph.ZerosLike(sum))
	trial := graph.Iota(c.Graph, sum.Shape(), 1)
	first := graph.ReduceMin(graph.Where(accepted, trial, graph.AddScalar(graph.ZerosLike(trial), betaTrials-1)), -1)
	chosen := graph.Equal(trial, graph.BroadcastToShape(graph.ExpandAxes(first, -1), trial.Shape()))
	odds := graph.Sub(a, b)
	return graph.ReduceSum(graph.Where(chosen, odds, graph.ZerosLike(odds)), -1)
}

// logGamma draws the logarithms of n numbers from Gamma(alpha, 1): the sum of as
// many exponential numbers as alpha has wholes, and one more of which a number
// from Beta(rest, 1-rest) is taken.
func (c *Pass) logGamma(alpha float64, n int) *graph.Node {
	logExponential := func() *graph.Node {
		u := graph.AddScalar(graph.Neg(c.unit([]int{n})), 1) // in (0, 1]
		return graph.Log(graph.MaxScalar(graph.Neg(graph.Log(u)), 1e-30))
	}
	var sum *graph.Node
	add := func(part *graph.Node) {
		if sum == nil {
			sum = part
		} else {
			sum = logSum(sum, part)
		}
	}
	whole, rest := math.Modf(alpha)
	for range int(whole) {
		add(logExponential())
	}
	if rest > 0 {
		number := func(v float64) *graph.Node { return graph.Scalar(c.Graph, dtypes.Float32, v) }
		odds := c.betaOdds(number(rest), number(1-rest), n)
		add(graph.Sub(logExponential(), logSum(graph.ZerosLike(odds), graph.Neg(odds))))
	}
	return sum
}

// logSum is log(exp(a) + exp(b)).
func logSum(a, b *graph.Node) *graph.Node {
	top := graph.Max(a, b)
	return graph.Add(top, graph.Log(graph.Add(graph.Exp(graph.Sub(a, top)), graph.Exp(graph.Sub(b, top)))))
}
