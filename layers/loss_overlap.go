package layers

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Dice is 1 - 2 |y x|/(|y|+|x|), sums over the whole batch unless Axis says over
// which axes (the batch's is 0): for segmentation (Sudre and others 2017).
func Dice() *LossFunction { return dice.make() }

// Tversky is 1 - |y x|/(|y x| + alpha false positives + beta false negatives),
// sums as in [Dice] (Salehi and others 2017). Keras' alpha and beta are 0.5.
func Tversky() *LossFunction { return tversky.make() }

// over sums what is real of a batch over the loss's axes.
func (l *LossFunction) over(p *Pass, x *graph.Node) *graph.Node {
	if p != nil && p.Mask != nil {
		x = graph.Mul(x, onExample(p.Mask, x))
	}
	if l.axes == nil {
		return graph.ReduceAllSum(x)
	}
	return graph.ReduceSum(x, l.axes...)
}

// whole is one value for the batch where the sums went over it.
func (l *LossFunction) whole(values *graph.Node) *graph.Node {
	if l.axes == nil || slices.Contains(l.axes, 0) {
		return graph.ReduceAllMean(values)
	}
	return values
}

var (
	dice = &lossClass{class: "Dice", name: "dice", axis: true, check: sameShape,
		values: func(l *LossFunction, p *Pass, y, x *graph.Node) *graph.Node {
			both := graph.MulScalar(l.over(p, graph.Mul(y, x)), 2.0)
			all := graph.AddScalar(graph.Add(l.over(p, y), l.over(p, x)), fuzz)
			return l.whole(graph.OneMinus(graph.Div(both, all)))
		}}

	tversky = &lossClass{class: "Tversky", name: "tversky", numbers: map[string]float64{"alpha": 0.5, "beta": 0.5},
		axis:  true,
		check: sameShape,
		values: func(l *LossFunction, p *Pass, y, x *graph.Node) *graph.Node {
			both := l.over(p, graph.Mul(y, x))
			missed := l.over(p, graph.Mul(graph.OneMinus(x), y))
			wrong := l.over(p, graph.Mul(x, graph.OneMinus(y)))
			all := graph.Add(graph.Add(both, graph.MulScalar(missed, l.number("alpha"))),
				graph.MulScalar(wrong, l.number("beta")))
			return l.whole(graph.OneMinus(graph.Div(both, graph.AddScalar(all, fuzz))))
		}}
)

func init() {
	registerLoss(dice, false)
	registerLoss(tversky, false)
}
