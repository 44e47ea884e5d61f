package layers

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Metric is a figure watched in training beside the loss: a [MeanMetric] or a
// [StateMetric]. One of one's own needs only these methods, and to be
// [Configured] and registered, see [RegisterMetric], where files shall hold it.
type Metric interface {
	// Name is the key in a history's Metrics, "accuracy".
	Name() string
	// LargerIsBetter tells callbacks which way is up.
	LargerIsBetter() bool
}

// MeanMetric is the mean over all examples of a value for each, as [Accuracy].
type MeanMetric interface {
	Metric
	// PerExample adds the value to the graph, as that of a [Loss] does.
	PerExample(p *Pass, targets, outputs *graph.Node) *graph.Node
}

// StateMetric is a figure that is no mean, such as [Precision]: each step adds to
// arrays on the device, and what they hold in the end makes the figure.
type StateMetric interface {
	Metric
	// State lists the arrays' shapes for outputs of a shape, or says why there can
	// be none. All start at 0.
	State(outputs Shape) ([]Shape, error)
	// Add adds to the graph what a batch adds to each array: float32 of its shape.
	// Weights, float32 [batch], say how much each example counts; those that only
	// fill up the batch have 0.
	Add(p *Pass, targets, outputs, weights *graph.Node) []*graph.Node
	// Result makes the figure from the arrays' values: one, or several that logs
	// number (precision_0, precision_1).
	Result(state [][]float32) []float64
}

// Accuracy is Keras' "accuracy": the share of examples whose largest output is
// that of the right class, of labels or of one-hot targets. Of equal outputs the
// first counts. One output alone, of two classes, is right on its side of 0.5.
const Accuracy accuracy = "accuracy"

type accuracy string

func (a accuracy) Name() string         { return string(a) }
func (a accuracy) LargerIsBetter() bool { return true }

func (a accuracy) CheckTargets(e *Examples, outputs Shape) error { return checkAnyClasses(e, outputs) }

// checkAnyClasses wants labels, or one-hot targets of the outputs' shape.
func checkAnyClasses(e *Examples, outputs Shape) error {
	n := len(outputs)
	switch {
	case e.Labels == nil || n > 0 && outputs[n-1] == 1:
		return sameShape(e, outputs)
	case e.TargetShape != nil:
		return sparseClasses(e, outputs)
	}
	return checkClasses(e, outputs)
}

// labelsOf are the classes that targets stand for: int32.
func labelsOf(targets *graph.Node) *graph.Node {
	if targets.DType().IsInt() {
		return targets
	}
	return graph.ArgMax(targets, -1, dtypes.Int32)
}

// eachExample is the mean of the values of each example.
func eachExample(values *graph.Node) *graph.Node {
	if values.Rank() == 1 {
		return values
	}
	return graph.ReduceMean(graph.Reshape(values, values.Shape().Dimensions[0], -1), -1)
}

// Class is "accuracy", which Keras saves as a name alone, unless a file calls
// the metric something else.
func (a accuracy) Class() string {
	if a == Accuracy {
		return "accuracy"
	}
	return "CategoricalAccuracy"
}

func (a accuracy) Config() map[string]any {
	if a == Accuracy {
		return nil
	}
	return map[string]any{"name": string(a), "dtype": "float32"}
}

func (a accuracy) PerExample(p *Pass, targets, outputs *graph.Node) *graph.Node {
	if outputs.Shape().Dimensions[outputs.Rank()-1] == 1 {
		return BinaryAccuracy(0.5).PerExample(p, targets, outputs)
	}
	return eachExample(a.PerStep(p, targets, outputs))
}

// TopKAccuracy is the share of examples whose right class is among the k
// largest outputs, as Keras' SparseTopKCategoricalAccuracy. Its name is
// "top_5_accuracy" for k = 5.
func TopKAccuracy(k int) MeanMetric { return topK{k, fmt.Sprintf("top_%d_accuracy", k), false} }

type topK struct {
	k      int
	name   string
	sparse bool // Keras has two classes, for one-hot labels and for indices
}

func (m topK) Name() string         { return m.name }
func (m topK) LargerIsBetter() bool { return true }

func (m topK) CheckTargets(e *Examples, outputs Shape) error { return checkAnyClasses(e, outputs) }

func (m topK) Class() string {
	if m.sparse {
		return "SparseTopKCategoricalAccuracy"
	}
	return "TopKCategoricalAccuracy"
}

func (m topK) Config() map[string]any {
	return map[string]any{"name": m.name, "dtype": "float32", "k": m.k}
}

// For is the metric for labels as the loss has them in Keras.
func (m topK) For(l Loss) Metric {
	m.sparse = l == SparseCategoricalCrossEntropy
	return m
}

// PerExample is the share of an example's places that are right.
func (m topK) PerExample(p *Pass, labels, outputs *graph.Node) *graph.Node {
	return eachExample(m.PerStep(p, labels, outputs))
}

// PerStep counts the outputs larger than the right one's: that needs no sort.
func (m topK) PerStep(_ *Pass, labels, outputs *graph.Node) *graph.Node {
	if m.k < 1 {
		panic(fmt.Errorf("layers: TopKAccuracy wants k of at least 1, got %d", m.k))
	}
	target := graph.OneHot(labelsOf(labels), outputs.Shape().Dimensions[outputs.Rank()-1], outputs.DType())
	right := graph.ReduceAndKeep(graph.Mul(target, outputs), graph.ReduceSum, -1)
	larger := graph.ReduceSum(graph.ConvertDType(graph.GreaterThan(outputs, right), dtypes.Float32), -1)
	return graph.ConvertDType(graph.LessThan(larger,
		graph.Scalar(outputs.Graph(), dtypes.Float32, float64(m.k))), dtypes.Float32)
}

func init() {
	for _, class := range []string{"accuracy", "acc", "CategoricalAccuracy", "SparseCategoricalAccuracy"} {
		RegisterMetric(class, func(s *Settings) Metric { return accuracy(s.String("name", SnakeCase(class))) })
	}
	for _, class := range []string{"TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"} {
		RegisterMetric(class, func(s *Settings) Metric {
			return topK{s.Int("k", 5), s.String("name", SnakeCase(class)), false}
		})
	}
}
