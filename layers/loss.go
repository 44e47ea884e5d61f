package layers

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Loss is what training makes small. The losses here are
// [CategoricalCrossEntropy], [SparseCategoricalCrossEntropy], [MeanSquaredError]
// and those of [LossFunction]; another one needs only these methods, and to be
// [Configured] and registered, see [RegisterLoss], where files shall hold it.
type Loss interface {
	// Name is Keras' name, "categorical_crossentropy".
	Name() string
	// PerExample adds the loss to the graph: float32 [batch]. Targets are what
	// the examples have: labels, int32 [batch], or numbers, float32 [batch,
	// TargetShape…]. Outputs are what the model returned, float32 [batch, …].
	// The pass knows the logits of outputs that a softmax made.
	PerExample(p *Pass, targets, outputs *graph.Node) *graph.Node
}

// TargetChecker is a loss or metric that says, before anything is compiled,
// whether it can compare the targets of examples with outputs of a shape.
type TargetChecker interface {
	CheckTargets(e *Examples, outputs Shape) error
}

// LabelIgnorer is a loss that leaves some labels out. They need not be classes:
// -1 and 255 are usual for what has no class.
type LabelIgnorer interface {
	IgnoresLabel(label int32) bool
}

// CrossEntropy is the negative logarithm of the probability that a model
// gives to the right class. Where the model ends in a softmax the loss is
// computed from its logits, exact where probabilities round to 0 or 1; Keras
// on TensorFlow does the same.
type CrossEntropy int

const (
	// CategoricalCrossEntropy is Keras' loss for one-hot labels. Examples
	// keep labels as class indices, of which one-hot rows are another form.
	CategoricalCrossEntropy CrossEntropy = iota
	// SparseCategoricalCrossEntropy is Keras' loss for labels that are class
	// indices. It differs from the other in nothing but its name and in
	// rounding of outputs that no softmax made.
	SparseCategoricalCrossEntropy
)

// fuzz is Keras' backend.epsilon(): probabilities are kept this far from 0
// and 1 before their logarithm is taken.
const fuzz = 1e-7

// Name is Keras' name of the loss.
func (l CrossEntropy) Name() string {
	if l == SparseCategoricalCrossEntropy {
		return "sparse_categorical_crossentropy"
	}
	return "categorical_crossentropy"
}

// Class is the name: Keras saves these losses as functions.
func (l CrossEntropy) Class() string { return l.Name() }

// Config is nil: there are no settings.
func (l CrossEntropy) Config() map[string]any { return nil }

// FromLogits, LabelSmoothing, IgnoreClass and Reduction are the loss with a
// setting: see [LossFunction].
func (l CrossEntropy) FromLogits() *LossFunction { return l.function().FromLogits() }

// LabelSmoothing moves one-hot targets toward equal ones.
func (l CrossEntropy) LabelSmoothing(share float64) *LossFunction {
	return l.function().LabelSmoothing(share)
}

// IgnoreClass leaves out what is labeled with this class; of the sparse loss.
func (l CrossEntropy) IgnoreClass(class int) *LossFunction { return l.function().IgnoreClass(class) }

// Reduction says how the losses of a batch become one.
func (l CrossEntropy) Reduction(reduction string) *LossFunction {
	return l.function().Reduction(reduction)
}

// LargerIsBetter says that crossentropy, as a metric, is better the smaller it
// is.
func (l CrossEntropy) LargerIsBetter() bool { return false }

func (l CrossEntropy) function() *LossFunction {
	if l == SparseCategoricalCrossEntropy {
		return sparseCategorical.make()
	}
	return categorical.make()
}

// CheckTargets wants labels, and one output for each class; or one-hot or
// softer targets of the outputs' shape.
func (l CrossEntropy) CheckTargets(e *Examples, outputs Shape) error {
	if e.Labels != nil && e.TargetShape == nil {
		return checkClasses(e, outputs)
	}
	return l.function().CheckTargets(e, outputs)
}

// checkClasses is CheckTargets of losses and metrics of classes.
func checkClasses(e *Examples, outputs Shape) error {
	if e.Labels == nil {
		return fmt.Errorf("wants Labels, which are classes; the examples have Targets of shape %v", e.targetShape())
	}
	if len(outputs) != 1 || outputs[0] != e.Classes {
		return fmt.Errorf("wants an output for each of the %d classes, the model's have shape %v: the last layer "+
			"should be Dense(%d)",
			e.Classes, outputs, e.Classes)
	}
	return nil
}

// PerExample computes the loss of each example.
func (l CrossEntropy) PerExample(p *Pass, labels, outputs *graph.Node) *graph.Node {
	if labels.Rank() != 1 || !labels.DType().IsInt() {
		return l.function().PerExample(p, labels, outputs)
	}
	logProbabilities := l.logProbabilities(p, outputs)
	target := graph.OneHot(labels, outputs.Shape().Dimensions[1], dtypes.Float32)
	return graph.Neg(graph.ReduceSum(graph.Mul(target, logProbabilities), -1))
}

func (l CrossEntropy) logProbabilities(p *Pass, outputs *graph.Node) *graph.Node {
	if logits, ok := p.Logits(outputs); ok {
		return graph.LogSoftmax(logits, -1)
	}
	if l == SparseCategoricalCrossEntropy {
		return graph.LogSoftmax(graph.Log(graph.ClipScalar(outputs, fuzz, 1-fuzz)), -1)
	}
	normalized := graph.Div(outputs, graph.ReduceAndKeep(outputs, graph.ReduceSum, -1))
	return graph.Log(graph.ClipScalar(normalized, fuzz, 1-fuzz))
}

func init() {
	for class, plain := range map[*lossClass]CrossEntropy{
		categorical: CategoricalCrossEntropy, sparseCategorical: SparseCategoricalCrossEntropy,
	} {
		RegisterLoss(class.class, func(s *Settings) Loss {
			l := class.read(s, class.name)
			if l.Config() == nil || len(l.numbers) == 0 && l.axes == nil && l.ignore == nil && l.reduction == reductions[0] {
				return plain
			}
			return l
		})
		RegisterMetric(class.class, func(s *Settings) Metric { return class.read(s, class.name) })
	}
}
