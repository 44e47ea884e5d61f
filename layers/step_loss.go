package layers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// StepLoss is a loss, or a metric that is a mean, with a value for each step of a
// sequence. Those of Keras here are. Of outputs with a mask (see [Masker]) the
// steps that count are measured, which needs one.
type StepLoss interface {
	// PerStep adds the values to the graph: float32 [batch, steps].
	PerStep(p *Pass, targets, outputs *graph.Node) *graph.Node
}

// stepValues are a loss's values at each step, and how much each counts: 1 or 0,
// times the weights of classes and examples where they are wanted.
func (m *measuring) stepValues(of any, output int, result, mask *graph.Node,
	weighted bool) (values, weights *graph.Node) {
	l, ok := of.(StepLoss)
	if !ok {
		panic(fmt.Errorf("layers: the outputs have a mask, which wants a loss or metric with the method PerStep, got %T",
			of))
	}
	values = l.PerStep(m.pass, m.Targets[output], result)
	if !slices.Equal(values.Shape().Dimensions, mask.Shape().Dimensions) {
		panic(fmt.Errorf("layers: %T: the outputs' mask wants values of shape %v, got %v", of,
			mask.Shape().Dimensions, values.Shape().Dimensions))
	}
	weights = graph.StopGradient(graph.ConvertDType(mask, dtypes.Float32))
	if m.Mask != nil {
		weights = graph.Mul(weights, stepsLike(m.Mask, weights))
	}
	// A value that counts nothing may be no number.
	values = graph.Where(graph.GreaterThan(weights, graph.ZerosLike(weights)), values, graph.ZerosLike(values))
	if weighted {
		weights = graph.Mul(weights, stepsLike(m.weigh(m.ones(), output), weights))
	}
	return values, weights
}

// maskedLoss is the sum of an output's losses where a mask tells which steps
// count, as Keras' apply_mask has it: the mean over those steps stands for each
// example.
func (m *measuring) maskedLoss(l Loss, output int, result, mask *graph.Node) *graph.Node {
	values, weights := m.stepValues(l, output, result, mask, true)
	sum := graph.ReduceAllSum(graph.Mul(values, weights))
	count := weights // by which the sum is divided
	switch r, _ := l.(interface{ reducesBy() string }); {
	case r != nil && r.reducesBy() == "sum":
		return graph.Mul(sum, m.examples())
	case r == nil || r.reducesBy() != "mean_with_sample_weight":
		_, count = m.stepValues(l, output, result, mask, false)
	}
	return graph.Mul(orZero(sum, graph.ReduceAllSum(count)), m.examples())
}

// orZero is a/b, or 0 where b is.
func orZero(a, b *graph.Node) *graph.Node {
	none := graph.Equal(b, graph.ZerosLike(b))
	return graph.Where(none, graph.ZerosLike(a), graph.Div(a, graph.Where(none, graph.OnesLike(b), b)))
}

// masks tells whether a layer of the model makes a mask.
func (m *Model) masks() bool {
	return slices.ContainsFunc(m.Layers(), func(l Layer) bool {
		switch l := l.(type) {
		case *Model:
			return l.masks()
		case *EmbeddingLayer:
			return l.maskZero
		case *MaskingLayer:
			return true
		}
		_, own := l.(Masker)
		return own && strings.Contains(l.Class(), ">") // one's own class
	})
}

// PerStep is the loss of each step.
func (l *LossFunction) PerStep(p *Pass, targets, outputs *graph.Node) *graph.Node {
	if !l.class.sparse {
		targets = likeOutputs(targets, outputs)
	}
	return l.class.values(l, p, targets, outputs)
}

// PerStep is the loss of each step.
func (l CrossEntropy) PerStep(p *Pass, labels, outputs *graph.Node) *graph.Node {
	return l.function().PerStep(p, labels, outputs)
}

// PerStep is the mean over each step's values.
func (m meanSquaredError) PerStep(_ *Pass, targets, outputs *graph.Node) *graph.Node {
	return graph.ReduceMean(graph.Square(graph.Sub(outputs, likeOutputs(targets, outputs))), -1)
}

// PerStep is the value of each step.
func (m *MeanOf) PerStep(p *Pass, targets, outputs *graph.Node) *graph.Node {
	return m.values(p, likeOutputs(targets, outputs), outputs)
}

// PerStep is 1 where the largest output of a step is the right one.
func (a accuracy) PerStep(p *Pass, targets, outputs *graph.Node) *graph.Node {
	if outputs.Shape().Dimensions[outputs.Rank()-1] == 1 {
		return BinaryAccuracy(0.5).PerStep(p, targets, outputs)
	}
	return graph.ConvertDType(graph.Equal(graph.ArgMax(outputs, -1, dtypes.Int32), labelsOf(targets)), dtypes.Float32)
}
