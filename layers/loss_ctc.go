package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// CTC is connectionist temporal classification (Graves and others 2006): the
// outputs are logits [steps, classes] of a sequence, the labels a shorter
// sequence, and the loss is the negative logarithm of the probability of all
// ways in which the steps can say the labels. Class 0 is the blank between
// labels; labels 0 at the end of a sequence fill it up. Labels for which there
// are too few steps have a loss of about 1e5.
func CTC() *LossFunction { return ctc.make() }

var ctc = &lossClass{class: "CTC", name: "ctc", sparse: true,
	check: func(e *Examples, outputs Shape) error {
		if e.Labels == nil || len(e.TargetShape) != 1 || len(outputs) != 2 || outputs[1] != e.Classes {
			return fmt.Errorf("wants a sequence of Labels for each example, TargetShape [labels], and logits "+
				"[steps, classes], where class 0 is the blank: got %s for outputs of shape %v", describeTargets(e), outputs)
		}
		return nil
	},
	values: func(_ *LossFunction, _ *Pass, labels, logits *graph.Node) *graph.Node { return ctcLoss(labels, logits) }}

func init() { registerLoss(ctc, false, "ctc") }

// unlikely is the logarithm of a probability that counts as none.
const unlikely = -1e5

// ctcLoss is the forward recursion over places: a blank, the first label, a
// blank, the second label, and so on, a blank at the end.
func ctcLoss(labels, logits *graph.Node) *graph.Node {
	g, n, length := labels.Graph(), labels.Shape().Dimensions[0], labels.Shape().Dimensions[1]
	classes, places := logits.Shape().Dimensions[2], 2*length+1

	filled := graph.Stack([]*graph.Node{graph.ZerosLike(labels), labels}, -1)
	said := graph.Concatenate([]*graph.Node{graph.Reshape(filled, n, 2*length), zerosOf(labels, n, 1)}, 1)
	logProbabilities := graph.LogSoftmax(toFloat32(logits), -1)
	along := graph.Einsum("btc,bpc->tbp", logProbabilities, graph.OneHot(said, classes, dtypes.Float32))

	// From a label one can go on to the next without a blank, if they differ.
	before := graph.Concatenate([]*graph.Node{zerosOf(labels, n, 2),
		graph.SliceAxis(said, 1, graph.AxisRange(0, places-2))}, 1)
	skips := graph.LogicalAnd(graph.NotEqual(said, zerosOf(labels, n, places)), graph.NotEqual(said, before))
	none := graph.BroadcastToDims(scalar(logProbabilities, unlikely), n, places)
	skip := graph.Where(skips, graph.ZerosLike(none), none)

	place := graph.Iota(g, shapes.Make(labels.DType(), n, places), 1)
	start := graph.Where(graph.Equal(place, graph.ZerosLike(place)), graph.ZerosLike(none), none)
	states := xla.Walk{Start: start, Along: []*graph.Node{along}, Same: []*graph.Node{skip},
		Next: func(along []*graph.Node, state *graph.Node, same []*graph.Node) *graph.Node {
			return graph.Add(along[0], logSumExp(graph.Stack([]*graph.Node{
				state, moved(state, 1), graph.Add(moved(state, 2), same[0])}, 0), 0))
		}}.Run()
	last := graph.Squeeze(graph.SliceAxis(states, 0, graph.AxisElem(-1)), 0)

	// A way ends at the last label or at the blank after it.
	count := graph.ReduceAndKeep(graph.ConvertDType(graph.NotEqual(labels, graph.ZerosLike(labels)), labels.DType()),
		graph.ReduceSum, 1)
	left := graph.Sub(graph.BroadcastToDims(graph.MulScalar(count, 2), n, places), place)
	zero := graph.ZerosLike(left)
	ends := graph.LogicalAnd(graph.GreaterOrEqual(left, zero), graph.LessThan(left, graph.AddScalar(zero, 2)))
	return graph.Neg(logSumExp(graph.Where(ends, last, none), 1))
}

func zerosOf(like *graph.Node, dims ...int) *graph.Node {
	return graph.Zeros(like.Graph(), shapes.Make(like.DType(), dims...))
}

// moved is x [batch, places], so many places later; before them nothing is
// likely.
func moved(x *graph.Node, by int) *graph.Node {
	n, places := x.Shape().Dimensions[0], x.Shape().Dimensions[1]
	if by >= places {
		return graph.BroadcastToDims(scalar(x, unlikely), n, places)
	}
	return graph.Concatenate([]*graph.Node{graph.BroadcastToDims(scalar(x, unlikely), n, by),
		graph.SliceAxis(x, 1, graph.AxisRange(0, places-by))}, 1)
}

// logSumExp is the logarithm of the sum of exp along an axis.
func logSumExp(x *graph.Node, axis int) *graph.Node {
	largest := graph.StopGradient(graph.ReduceAndKeep(x, graph.ReduceMax, axis))
	sum := graph.ReduceSum(graph.Exp(graph.Sub(x, largest)), axis)
	return graph.Add(graph.Log(sum), graph.Squeeze(largest, axis))
}
