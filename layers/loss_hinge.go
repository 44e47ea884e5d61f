package layers

import "github.com/gomlx/gomlx/core/graph"

// Hinge is the mean of max(1 - target*output, 0) for targets of -1 and 1: a loss
// and a metric. Targets of 0 and 1 are taken as -1 and 1.
func Hinge() *LossFunction { return hinge.make() }

// SquaredHinge is the mean of the square of what [Hinge] is the mean of.
func SquaredHinge() *LossFunction { return squaredHinge.make() }

// CategoricalHinge is max(1 - right + wrong, 0), where right is the output of
// the right class and wrong the largest of the others: a loss and a metric.
func CategoricalHinge() *LossFunction { return categoricalHinge.make() }

// hingeMargins are max(1 - target*output, 0).
func hingeMargins(p *Pass, y, x *graph.Node) *graph.Node {
	is := func(v float64) *graph.Node { return graph.Equal(y, scalar(y, v)) }
	binary := graph.LogicalOr(is(0), is(1))
	if p != nil && p.Mask != nil { // what fills up the batch has no say
		real := graph.GreaterThan(p.Mask, graph.ZerosLike(p.Mask))
		binary = graph.LogicalOr(binary, graph.BroadcastToDims(graph.LogicalNot(onExample(real, y)), y.Shape().Dimensions...))
	}
	all := graph.ReduceAllMin(toFloat32(binary))
	y = graph.Where(graph.GreaterThan(all, scalar(y, 0.5)), graph.AddScalar(graph.MulScalar(y, 2.0), -1.0), y)
	return graph.Max(graph.OneMinus(graph.Mul(y, x)), graph.ZerosLike(x))
}

var (
	hinge = &lossClass{class: "Hinge", name: "hinge", check: sameShape,
		values: func(_ *LossFunction, p *Pass, y, x *graph.Node) *graph.Node { return last(hingeMargins(p, y, x)) }}

	squaredHinge = &lossClass{class: "SquaredHinge", name: "squared_hinge", check: sameShape,
		values: func(_ *LossFunction, p *Pass, y, x *graph.Node) *graph.Node {
			return last(graph.Square(hingeMargins(p, y, x)))
		}}

	categoricalHinge = &lossClass{class: "CategoricalHinge", name: "categorical_hinge", check: sameShape,
		values: func(_ *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			right := graph.ReduceSum(graph.Mul(y, x), -1)
			wrong := graph.ReduceMax(graph.Mul(graph.OneMinus(y), x), -1)
			return graph.Max(graph.AddScalar(graph.Sub(wrong, right), 1.0), graph.ZerosLike(right))
		}}
)

func init() {
	registerLoss(hinge, true)
	registerLoss(squaredHinge, true)
	registerLoss(categoricalHinge, true)
}
