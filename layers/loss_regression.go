package layers

import (
	"math"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// MeanAbsoluteError is the mean of |target-output|: Keras' mae, a loss and a
// metric.
func MeanAbsoluteError() *LossFunction { return absoluteError.make() }

// MeanAbsolutePercentageError is the mean of 100 |target-output|/|target|:
// Keras' mape, a loss and a metric.
func MeanAbsolutePercentageError() *LossFunction { return percentageError.make() }

// MeanSquaredLogarithmicError is the mean of the square of
// log(target+1)-log(output+1), negative values taken as 0: Keras' msle, a loss
// and a metric.
func MeanSquaredLogarithmicError() *LossFunction { return logarithmicError.make() }

// Huber is the mean of d²/2 where d = |target-output| is at most delta, and of
// delta d - delta²/2 elsewhere. Keras' delta is 1.
func Huber(delta float64) *LossFunction {
	if delta == 1 {
		return huber.make()
	}
	return huber.make().set("delta", delta, delta > 0, "above 0")
}

// LogCosh is the mean of log(cosh(output-target)).
func LogCosh() *LossFunction { return logCosh.make() }

// Poisson is the mean of output - target log(output): a loss and a metric for
// counts.
func Poisson() *LossFunction { return poisson.make() }

// CosineSimilarity is the cosine of the angle between target and output, times
// -1 so that training makes it large. As a metric it is [CosineMetric].
func CosineSimilarity() *LossFunction { return cosine.make() }

// last is the mean over the last axis.
func last(x *graph.Node) *graph.Node { return graph.ReduceMean(x, -1) }

var (
	absoluteError = &lossClass{class: "MeanAbsoluteError", name: "mean_absolute_error", check: sameShape,
		values: func(_ *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node { return last(xla.Abs(graph.Sub(y, x))) }}

	percentageError = &lossClass{class: "MeanAbsolutePercentageError", name: "mean_absolute_percentage_error",
		check: sameShape,
		values: func(_ *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			size := graph.Max(graph.Abs(y), scalar(y, fuzz))
			return graph.MulScalar(last(xla.Abs(graph.Div(graph.Sub(y, x), size))), 100)
		}}

	logarithmicError = &lossClass{class: "MeanSquaredLogarithmicError", name: "mean_squared_logarithmic_error",
		check: sameShape,
		values: func(_ *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			log := func(v *graph.Node) *graph.Node {
				return graph.Log(graph.AddScalar(graph.Max(v, scalar(v, fuzz)), 1.0))
			}
			return last(graph.Square(graph.Sub(log(x), log(y))))
		}}

	huber = &lossClass{class: "Huber", name: "huber_loss", numbers: map[string]float64{"delta": 1}, check: sameShape,
		values: func(l *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			delta := l.number("delta")
			off := graph.Sub(x, y)
			size := xla.Abs(off)
			inner := graph.MulScalar(graph.Square(off), 0.5)
			outer := graph.AddScalar(graph.MulScalar(size, delta), -0.5*delta*delta)
			return last(graph.Where(graph.LessOrEqual(size, scalar(x, delta)), inner, outer))
		}}

	logCosh = &lossClass{class: "LogCosh", name: "log_cosh", check: sameShape,
		values: func(_ *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			off := graph.Sub(x, y)
			return last(graph.AddScalar(graph.Add(off, activations.Softplus(graph.MulScalar(off, -2))), -math.Ln2))
		}}

	poisson = &lossClass{class: "Poisson", name: "poisson", check: sameShape,
		values: func(_ *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			return last(graph.Sub(x, graph.Mul(y, graph.Log(graph.AddScalar(x, fuzz)))))
		}}

	cosine = &lossClass{class: "CosineSimilarity", name: "cosine_similarity", axis: true, check: sameShape,
		values: func(l *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			return graph.Neg(cosineOf(y, x, l.axis(-1)))
		}}
)

// axis is the only axis.
func (l *LossFunction) axis(otherwise int) int {
	if len(l.axes) != 1 {
		return otherwise
	}
	return l.axes[0]
}

// cosineOf is the cosine of the angle between targets and outputs.
func cosineOf(y, x *graph.Node, axis int) *graph.Node {
	unit := func(v *graph.Node) *graph.Node {
		squares := graph.ReduceAndKeep(graph.Square(v), graph.ReduceSum, axis)
		return graph.Mul(v, graph.Min(graph.Reciprocal(graph.Sqrt(squares)), scalar(v, 1/fuzz)))
	}
	return graph.ReduceSum(graph.Mul(unit(y), unit(x)), axis)
}

func init() {
	registerLoss(absoluteError, true, "mae", "MAE")
	registerLoss(percentageError, true, "mape", "MAPE")
	registerLoss(logarithmicError, true, "msle", "MSLE")
	registerLoss(huber, false, "huber")
	registerLoss(logCosh, false, "log_cosh", "logcosh")
	registerLoss(poisson, true)
	registerLoss(cosine, false)
}
