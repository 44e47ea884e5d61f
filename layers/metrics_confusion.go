package layers

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// A confusion counts outputs above and below thresholds, with the right and the
// wrong targets: the state of Keras' confusion metrics.
type confusion struct {
	thresholds []float64
	topK       int  // 0 for all; else only the largest outputs count
	class      *int // nil for all
	labels     bool // counts each output by itself: multi_label
	logits     bool
	weights    []float64 // of the outputs, nil for 1
}

// The four counts, in Keras' order.
const (
	truePositives = iota
	falsePositives
	trueNegatives
	falseNegatives
)

// add counts a batch: for each of the wanted kinds [thresholds], or
// [thresholds, outputs] where each output counts by itself.
func (c *confusion) add(targets, outputs, weights *graph.Node, kinds ...int) []*graph.Node {
	y, x := likeOutputs(targets, outputs), outputs
	if c.logits {
		x = graph.Logistic(x)
	}
	if c.topK > 0 {
		x = largest(x, c.topK)
	}
	if c.class != nil {
		y, x = pick(y, *c.class), pick(x, *c.class)
	}
	dims := x.Shape().Dimensions
	n, width := dims[0], x.Shape().Size()/dims[0]
	y, x = graph.Reshape(y, n, width), graph.Reshape(x, n, width)
	w := graph.BroadcastToDims(graph.Reshape(weights, n, 1), n, width)
	if c.weights != nil && !c.labels {
		w = graph.Mul(w, graph.BroadcastToDims(graph.Reshape(constants(x, c.weights), 1, width), n, width))
	}
	right := graph.NotEqual(y, graph.ZerosLike(y))
	var counts []*graph.Node
	for _, kind := range kinds {
		var rows []*graph.Node
		for _, t := range c.thresholds {
			above := graph.GreaterThan(x, scalar(x, t))
			is, positive := right, above
			if kind == falsePositives || kind == trueNegatives {
				is = graph.LogicalNot(right)
			}
			if kind == trueNegatives || kind == falseNegatives {
				positive = graph.LogicalNot(above)
			}
			counted := graph.Where(graph.LogicalAnd(is, positive), w, graph.ZerosLike(w))
			if c.labels {
				rows = append(rows, graph.Reshape(graph.ReduceSum(counted, 0), 1, width))
			} else {
				rows = append(rows, graph.Reshape(graph.ReduceAllSum(counted), 1))
			}
		}
		counts = append(counts, graph.Concatenate(rows, 0))
	}
	return counts
}

// spread counts for many thresholds that lie evenly in [0, 1] at once: an output
// belongs to a bucket between two of them, and is above all before it.
func (c *confusion) spread(targets, outputs, weights *graph.Node, kinds ...int) []*graph.Node {
	y, x := likeOutputs(targets, outputs), outputs
	if c.logits {
		x = graph.Logistic(x)
	}
	if c.class != nil {
		y, x = pick(y, *c.class), pick(x, *c.class)
	}
	dims, k := x.Shape().Dimensions, len(c.thresholds)
	n, width := dims[0], x.Shape().Size()/dims[0]
	y, x = graph.Reshape(y, n, width), graph.ClipScalar(graph.Reshape(x, n, width), 0, 1)
	w := graph.BroadcastToDims(graph.Reshape(weights, n, 1), n, width)
	if c.weights != nil && !c.labels {
		w = graph.Mul(w, graph.BroadcastToDims(graph.Reshape(constants(x, c.weights), 1, width), n, width))
	}
	right := toFloat32(graph.NotEqual(y, graph.ZerosLike(y)))
	bucket := graph.AddScalar(graph.Ceil(graph.MulScalar(x, float64(k-1))), -1.0)
	if c.thresholds[0] < 0 { // with Keras' epsilon: an output of 0 is above it
		bucket = graph.Max(bucket, graph.ZerosLike(bucket))
	}
	// above says whether an output is above threshold i: [n, width, k].
	places := make([]float64, k)
	for i := range places {
		places[i] = float64(i)
	}
	above := toFloat32(graph.GreaterOrEqual(
		graph.BroadcastToDims(graph.Reshape(bucket, n, width, 1), n, width, k),
		graph.BroadcastToDims(graph.Reshape(constants(x, places), 1, 1, k), n, width, k)))
	var counts []*graph.Node
	for _, kind := range kinds {
		is, positive := right, above
		if kind == falsePositives || kind == trueNegatives {
			is = graph.OneMinus(right)
		}
		if kind == trueNegatives || kind == falseNegatives {
			positive = graph.OneMinus(above)
		}
		counted := graph.Mul(positive, graph.Reshape(graph.Mul(is, w), n, width, 1))
		if c.labels {
			counts = append(counts, graph.Transpose(graph.ReduceSum(counted, 0), 0, 1))
		} else {
			counts = append(counts, graph.ReduceSum(counted, 0, 1))
		}
	}
	return counts
}

// constants are float32 values in the graph of x.
func constants(x *graph.Node, values []float64) *graph.Node {
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return graph.Const(x.Graph(), narrow)
}

// pick keeps one of the values of the last axis.
func pick(x *graph.Node, class int) *graph.Node {
	return graph.SliceAxis(x, -1, graph.AxisElem(class))
}

// largest keeps the k largest values of the last axis; others become -1e10, as in
// Keras. Of equal ones the first count.
func largest(x *graph.Node, k int) *graph.Node {
	dims := x.Shape().Dimensions
	width := dims[len(dims)-1]
	flat := graph.Reshape(x, -1, width)
	n := flat.Shape().Dimensions[0]
	a := graph.BroadcastToDims(graph.Reshape(flat, n, width, 1), n, width, width)
	b := graph.BroadcastToDims(graph.Reshape(flat, n, 1, width), n, width, width)
	earlier := make([][]float32, width)
	for i := range earlier {
		earlier[i] = make([]float32, width)
		for j := range i {
			earlier[i][j] = 1
		}
	}
	before := graph.BroadcastToDims(graph.Reshape(graph.Const(x.Graph(), earlier), 1, width, width), n, width, width)
	ahead := graph.Add(toFloat32(graph.GreaterThan(b, a)), graph.Mul(toFloat32(graph.Equal(b, a)), before))
	rank := graph.Reshape(graph.ReduceSum(ahead, -1), dims...)
	return graph.Where(graph.LessThan(rank, scalar(x, float64(k))), x, graph.BroadcastToDims(scalar(x, -1e10), dims...))
}

// even are Keras' thresholds of a number: evenly in [0, 1].
func even(n int) []float64 {
	if n == 1 {
		return []float64{0.5}
	}
	list := make([]float64, n)
	for i := range list {
		list[i] = float64(i) / float64(n-1)
	}
	return list
}

// isEven tells whether thresholds lie evenly in [0, 1].
func isEven(list []float64) bool {
	for i, t := range list {
		if want := float64(i) / float64(len(list)-1); math.Abs(t-want) > fuzz+1e-5*want {
			return false
		}
	}
	return len(list) >= 3
}

// ConfusionOption is a setting of [Precision], [Recall], and the counts.
type ConfusionOption func(*confusion)

// Thresholds sets where an output counts as positive, in [0, 1]: one figure for
// each. Default 0.5.
func Thresholds(list ...float64) ConfusionOption { return func(c *confusion) { c.thresholds = list } }

// TopK counts only the k largest outputs of an example as positive.
func TopK(k int) ConfusionOption { return func(c *confusion) { c.topK = k } }

// ClassID counts one output alone.
func ClassID(class int) ConfusionOption { return func(c *confusion) { c.class = &class } }

// confusionMetric is a metric of counts at thresholds.
func confusionMetric(class, name string, larger bool, options []ConfusionOption, kinds []int,
	of2 func(state []float64) float64) *stateMetric {
	c := &confusion{}
	for _, option := range options {
		option(c)
	}
	m := &stateMetric{class: class, name: name, larger: larger, check: sameShape,
		config: map[string]any{"thresholds": nil}}
	if c.thresholds != nil {
		m.config["thresholds"] = c.thresholds
		for _, t := range c.thresholds {
			m.want(t >= 0 && t <= 1, "thresholds must be in [0, 1], got %v", c.thresholds)
		}
	} else if c.thresholds = []float64{0.5}; c.topK > 0 {
		c.thresholds = []float64{-1e10}
	}
	if len(kinds) > 1 {
		if m.config["top_k"], m.config["class_id"] = nil, nil; c.topK > 0 {
			m.config["top_k"] = c.topK
		}
		if c.class != nil {
			m.config["class_id"] = *c.class
		}
	}
	m.want(c.topK >= 0, "top_k must be at least 1, got %d", c.topK)
	k := len(c.thresholds)
	m.state = func(outputs Shape) ([]Shape, error) {
		if c.class != nil && (len(outputs) == 0 || *c.class < 0 || *c.class >= outputs[len(outputs)-1]) {
			return nil, fmt.Errorf("class_id %d is not among outputs of shape %v", *c.class, outputs)
		}
		return of(len(kinds), k)(outputs)
	}
	count := c.add
	if isEven(c.thresholds) && c.topK == 0 {
		count = c.spread
	}
	m.add = func(y, x, w *graph.Node) []*graph.Node { return count(y, x, w, kinds...) }
	m.result = func(state [][]float32) []float64 {
		out := make([]float64, k)
		for i := range out {
			var at []float64
			for _, counts := range state {
				at = append(at, float64(counts[i]))
			}
			out[i] = of2(at)
		}
		return out
	}
	return m
}

// Precision is the share of positive outputs that are right.
func Precision(options ...ConfusionOption) StateMetric {
	return confusionMetric("Precision", "precision", true, options, []int{truePositives, falsePositives},
		func(n []float64) float64 { return ratio(n[0], n[0]+n[1]) })
}

// Recall is the share of positive targets whose output is positive.
func Recall(options ...ConfusionOption) StateMetric {
	return confusionMetric("Recall", "recall", true, options, []int{truePositives, falseNegatives},
		func(n []float64) float64 { return ratio(n[0], n[0]+n[1]) })
}

func count(class, name string, larger bool, kind int, options []ConfusionOption) StateMetric {
	return confusionMetric(class, name, larger, options, []int{kind}, func(n []float64) float64 { return n[0] })
}

// TruePositives counts positive outputs of positive targets.
func TruePositives(options ...ConfusionOption) StateMetric {
	return count("TruePositives", "true_positives", true, truePositives, options)
}

// FalsePositives counts positive outputs of targets that are 0.
func FalsePositives(options ...ConfusionOption) StateMetric {
	return count("FalsePositives", "false_positives", false, falsePositives, options)
}

// TrueNegatives counts negative outputs of targets that are 0.
func TrueNegatives(options ...ConfusionOption) StateMetric {
	return count("TrueNegatives", "true_negatives", true, trueNegatives, options)
}

// FalseNegatives counts negative outputs of positive targets.
func FalseNegatives(options ...ConfusionOption) StateMetric {
	return count("FalseNegatives", "false_negatives", false, falseNegatives, options)
}

func init() {
	for class, make := range map[string]func(...ConfusionOption) StateMetric{
		"Precision": Precision, "Recall": Recall, "TruePositives": TruePositives, "FalsePositives": FalsePositives,
		"TrueNegatives": TrueNegatives, "FalseNegatives": FalseNegatives,
	} {
		registerState(class, func(s *Settings) StateMetric {
			var options []ConfusionOption
			if list := s.Floats("thresholds"); list != nil {
				options = append(options, Thresholds(list...))
			}
			if k := s.Int("top_k", 0); k != 0 {
				options = append(options, TopK(k))
			}
			if class, ok := s.Take("class_id").(float64); ok {
				options = append(options, ClassID(int(class)))
			}
			return make(options...)
		})
	}
}
