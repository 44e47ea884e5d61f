package layers

import (
	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// BinaryCrossEntropy is the mean of the negative logarithms of the
// probabilities given to the right ones of two classes, for targets in [0, 1] or
// labels: a loss and a metric. Where a sigmoid made the outputs it is computed
// from their logits, as in Keras on TensorFlow.
func BinaryCrossEntropy() *LossFunction { return binaryCrossEntropy.make() }

// BinaryFocalCrossEntropy is [BinaryCrossEntropy] times (1-p)^gamma, where p is
// the probability given to the right class (Lin and others 2018). Keras' gamma
// is 2, its alpha for [LossFunction.BalanceClasses] 0.25.
func BinaryFocalCrossEntropy() *LossFunction { return binaryFocal.make() }

// CategoricalFocalCrossEntropy is alpha (1-p)^gamma times the negative logarithm
// of p, the probability given to the right class. Keras' alpha is 0.25, gamma 2.
func CategoricalFocalCrossEntropy() *LossFunction { return categoricalFocal.make() }

// CategoricalGeneralizedCrossEntropy is (1-p^q)/q, for labels some of which are
// wrong (Zhang and Sabuncu 2018). p is the probability given to the right class,
// q in (0, 1). Keras' q is 0.5.
func CategoricalGeneralizedCrossEntropy(q float64) *LossFunction {
	return generalized.make().set("q", q, q > 0 && q < 1, "in (0, 1)")
}

// KLDivergence is the sum of target log(target/output): a loss and a metric for
// distributions.
func KLDivergence() *LossFunction { return divergence.make() }

// smooth moves binary targets toward 1/2.
func (l *LossFunction) smooth(y *graph.Node) *graph.Node {
	if share := l.number("label_smoothing"); share != 0 {
		return graph.AddScalar(graph.MulScalar(y, 1-share), 0.5*share)
	}
	return y
}

// smoothClasses moves one-hot targets toward equal ones.
func (l *LossFunction) smoothClasses(y *graph.Node) *graph.Node {
	if share := l.number("label_smoothing"); share != 0 {
		classes := y.Shape().Dimensions[y.Rank()-1]
		return graph.AddScalar(graph.MulScalar(y, 1-share), share/float64(classes))
	}
	return y
}

// logits are the outputs' logits, if there are any.
func (l *LossFunction) logits(p *Pass, x *graph.Node) (*graph.Node, bool) {
	if p != nil {
		if logits, ok := p.Logits(x); ok {
			return logits, true
		}
	}
	return x, l.is("from_logits")
}

// inside keeps probabilities away from 0 and 1.
func inside(x *graph.Node) *graph.Node { return graph.ClipScalar(x, fuzz, 1-fuzz) }

// binaryValues is the crossentropy of each output.
func (l *LossFunction) binaryValues(p *Pass, y, x *graph.Node, from bool) *graph.Node {
	logits, ok := l.logits(p, x)
	if ok && (from || logits != x) {
		return graph.Add(graph.Mul(graph.OneMinus(y), logits), activations.Softplus(graph.Neg(logits)))
	}
	x = inside(x)
	return graph.Neg(graph.Add(graph.Mul(y, graph.Log(x)), graph.Mul(graph.OneMinus(y), graph.Log(graph.OneMinus(x)))))
}

// categoricalValues is the crossentropy of one-hot targets.
func (l *LossFunction) categoricalValues(p *Pass, y, x *graph.Node) *graph.Node {
	axis := l.axis(-1)
	if logits, ok := l.logits(p, x); ok {
		return graph.Neg(graph.ReduceSum(graph.Mul(l.smoothClasses(y), graph.LogSoftmax(logits, axis)), axis))
	}
	x = inside(graph.Div(x, graph.ReduceAndKeep(x, graph.ReduceSum, axis)))
	return graph.Neg(graph.ReduceSum(graph.Mul(l.smoothClasses(y), graph.Log(x)), axis))
}

// sparseValues is the crossentropy of labels.
func (l *LossFunction) sparseValues(p *Pass, labels, x *graph.Node) *graph.Node {
	logits, ok := l.logits(p, x)
	if !ok {
		logits = graph.Log(inside(x))
	}
	logs := graph.LogSoftmax(logits, -1)
	right := graph.OneHot(labels, x.Shape().Dimensions[x.Rank()-1], dtypes.Float32)
	values := graph.Neg(graph.ReduceSum(graph.Mul(right, logs), -1))
	if l.ignore == nil {
		return values
	}
	counts := toFloat32(graph.NotEqual(labels, graph.Scalar(labels.Graph(), labels.DType(), *l.ignore)))
	if p != nil && p.Mask != nil {
		counts = graph.Mul(counts, onExample(p.Mask, counts))
	}
	total := graph.ReduceAllSum(counts)
	// The mean is over what counts: Keras multiplies by the number of all values.
	all := graph.MulScalar(examplesOf(p, x), float64(values.Shape().Size()/x.Shape().Dimensions[0]))
	share := graph.Div(all, graph.Max(total, scalar(x, 1)))
	return graph.Mul(graph.Mul(values, counts), share)
}

var (
	smoothed = map[string]float64{"from_logits": 0, "label_smoothing": 0}
	logits   = []string{"from_logits"}

	binaryCrossEntropy = &lossClass{class: "BinaryCrossentropy", name: "binary_crossentropy", numbers: smoothed,
		flags: logits,
		axis:  true, check: sameShape,
		values: func(l *LossFunction, p *Pass, y, x *graph.Node) *graph.Node {
			return graph.ReduceMean(l.binaryValues(p, l.smooth(y), x, l.is("from_logits")), l.axis(-1))
		}}

	binaryFocal = &lossClass{class: "BinaryFocalCrossentropy", name: "binary_focal_crossentropy", axis: true,
		check: sameShape,
		numbers: map[string]float64{"apply_class_balancing": 0, "alpha": 0.25, "gamma": 2, "from_logits": 0,
			"label_smoothing": 0},
		flags: []string{"apply_class_balancing", "from_logits"},
		values: func(l *LossFunction, p *Pass, y, x *graph.Node) *graph.Node {
			y = l.smooth(y)
			if l.is("from_logits") {
				x = p.Activate(Sigmoid, x)
			}
			values := l.binaryValues(p, y, x, false)
			right := graph.Add(graph.Mul(y, x), graph.Mul(graph.OneMinus(y), graph.OneMinus(x)))
			values = graph.Mul(graph.Pow(graph.OneMinus(right), scalar(x, l.number("gamma"))), values)
			if l.is("apply_class_balancing") {
				alpha := l.number("alpha")
				weights := graph.Add(graph.MulScalar(y, alpha), graph.MulScalar(graph.OneMinus(y), 1-alpha))
				values = graph.Mul(weights, values)
			}
			return graph.ReduceMean(values, l.axis(-1))
		}}

	categorical = &lossClass{class: "CategoricalCrossentropy", name: "categorical_crossentropy", numbers: smoothed,
		flags: logits,
		axis:  true, check: sameShape,
		values: func(l *LossFunction, p *Pass, y, x *graph.Node) *graph.Node { return l.categoricalValues(p, y, x) }}

	sparseCategorical = &lossClass{class: "SparseCategoricalCrossentropy", name: "sparse_categorical_crossentropy",
		numbers: map[string]float64{"from_logits": 0}, flags: logits, ignores: true, check: sparseClasses, sparse: true,
		values: func(l *LossFunction, p *Pass, y, x *graph.Node) *graph.Node { return l.sparseValues(p, y, x) }}

	categoricalFocal = &lossClass{class: "CategoricalFocalCrossentropy", name: "categorical_focal_crossentropy",
		axis:    true,
		numbers: map[string]float64{"alpha": 0.25, "gamma": 2, "from_logits": 0, "label_smoothing": 0},
		flags:   logits, check: sameShape,
		values: func(l *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			axis := l.axis(-1)
			if l.is("from_logits") {
				x = graph.Softmax(x, axis)
			}
			x = inside(graph.Div(x, graph.ReduceAndKeep(x, graph.ReduceSum, axis)))
			values := graph.Neg(graph.Mul(l.smoothClasses(y), graph.Log(x)))
			weights := graph.MulScalar(graph.Pow(graph.OneMinus(x), scalar(x, l.number("gamma"))), l.number("alpha"))
			return graph.ReduceSum(graph.Mul(weights, values), axis)
		}}

	generalized = &lossClass{class: "CategoricalGeneralizedCrossEntropy", name: "categorical_generalized_cross_entropy",
		numbers: map[string]float64{"q": 0.5}, check: sparseClasses, sparse: true,
		values: func(l *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			q := l.number("q")
			right := graph.OneHot(y, x.Shape().Dimensions[x.Rank()-1], dtypes.Float32)
			probability := graph.ReduceSum(graph.Mul(x, right), -1)
			return graph.DivScalar(graph.OneMinus(graph.Pow(probability, scalar(x, q))), q)
		}}

	divergence = &lossClass{class: "KLDivergence", name: "kl_divergence", check: sameShape,
		values: func(_ *LossFunction, _ *Pass, y, x *graph.Node) *graph.Node {
			y, x = graph.ClipScalar(y, fuzz, 1), graph.ClipScalar(x, fuzz, 1)
			return graph.ReduceSum(graph.Mul(y, graph.Log(graph.Div(y, x))), -1)
		}}
)

func init() {
	registerLoss(binaryCrossEntropy, true, "bce", "BCE")
	registerLoss(binaryFocal, false)
	registerLoss(categoricalFocal, false)
	registerLoss(generalized, false)
	registerLoss(divergence, true, "kld", "KLD", "kl_divergence", "kullback_leibler_divergence")
}
