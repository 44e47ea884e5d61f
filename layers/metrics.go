package layers

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Metric is a figure watched in training beside the loss, the mean over all
// examples of a value for each. [Accuracy] and [TopKAccuracy] are here;
// another one needs only these methods.
type Metric interface {
	// Name is the key in a history's Metrics, "accuracy".
	Name() string
	// PerExample adds the value to the graph: float32 [batch]. Labels are
	// int32 [batch], outputs what the model returned, [batch, classes].
	PerExample(labels, outputs *graph.Node) *graph.Node
	// LargerIsBetter tells callbacks which way is up.
	LargerIsBetter() bool
}

// Accuracy is Keras' "accuracy": the share of examples whose largest output is
// that of the right class. Of equal outputs the first counts.
const Accuracy accuracy = "accuracy"

type accuracy string

func (a accuracy) Name() string         { return string(a) }
func (a accuracy) LargerIsBetter() bool { return true }

func (a accuracy) PerExample(labels, outputs *graph.Node) *graph.Node {
	return graph.ConvertDType(graph.Equal(graph.ArgMax(outputs, -1, dtypes.Int32), labels), dtypes.Float32)
}

// TopKAccuracy is the share of examples whose right class is among the k
// largest outputs, as Keras' SparseTopKCategoricalAccuracy. Its name is
// "top_5_accuracy" for k = 5.
func TopKAccuracy(k int) Metric { return topK{k, fmt.Sprintf("top_%d_accuracy", k)} }

type topK struct {
	k    int
	name string
}

func (m topK) Name() string         { return m.name }
func (m topK) LargerIsBetter() bool { return true }

// PerExample counts the outputs larger than the right one's: that needs no
// sort.
func (m topK) PerExample(labels, outputs *graph.Node) *graph.Node {
	if m.k < 1 {
		panic(fmt.Errorf("layers: TopKAccuracy wants k of at least 1, got %d", m.k))
	}
	target := graph.OneHot(labels, outputs.Shape().Dimensions[1], outputs.DType())
	right := graph.ReduceAndKeep(graph.Mul(target, outputs), graph.ReduceSum, -1)
	larger := graph.ReduceSum(graph.ConvertDType(graph.GreaterThan(outputs, right), dtypes.Float32), -1)
	return graph.ConvertDType(graph.LessThan(larger, graph.Scalar(outputs.Graph(), dtypes.Float32, float64(m.k))), dtypes.Float32)
}
