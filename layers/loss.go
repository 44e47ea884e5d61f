package layers

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Loss is what training makes small. The losses here are
// [CategoricalCrossEntropy] and [SparseCategoricalCrossEntropy]; another one
// needs only these methods.
type Loss interface {
	// Name is Keras' name, "categorical_crossentropy".
	Name() string
	// PerExample adds the loss to the graph: float32 [batch]. Labels are
	// int32 [batch], outputs what the model returned, float32 [batch,
	// classes]. The call knows the logits of outputs that a softmax made.
	PerExample(c *Pass, labels, outputs *graph.Node) *graph.Node
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

// PerExample computes the loss of each example.
func (l CrossEntropy) PerExample(c *Pass, labels, outputs *graph.Node) *graph.Node {
	if outputs.Rank() != 2 {
		panic(fmt.Errorf("layers: %s wants outputs of shape [batch, classes], got %v", l.Name(), outputs.Shape().Dimensions))
	}
	logProbabilities := l.logProbabilities(c, outputs)
	target := graph.OneHot(labels, outputs.Shape().Dimensions[1], dtypes.Float32)
	return graph.Neg(graph.ReduceSum(graph.Mul(target, logProbabilities), -1))
}

func (l CrossEntropy) logProbabilities(c *Pass, outputs *graph.Node) *graph.Node {
	if logits, ok := c.Logits(outputs); ok {
		return graph.LogSoftmax(logits, -1)
	}
	if l == SparseCategoricalCrossEntropy {
		return graph.LogSoftmax(graph.Log(graph.ClipScalar(outputs, fuzz, 1-fuzz)), -1)
	}
	normalized := graph.Div(outputs, graph.ReduceAndKeep(outputs, graph.ReduceSum, -1))
	return graph.Log(graph.ClipScalar(normalized, fuzz, 1-fuzz))
}
