package layers

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// RootMeanSquaredError is the root of the mean of (output-target)² over all
// examples.
func RootMeanSquaredError() StateMetric {
	return &stateMetric{class: "RootMeanSquaredError", name: "root_mean_squared_error", check: sameShape,
		state: of(2), add: func(targets, x, weights *graph.Node) []*graph.Node {
			squares := graph.Square(graph.Sub(x, likeOutputs(targets, x)))
			each := graph.ReduceMean(graph.Reshape(squares, x.Shape().Dimensions[0], -1), -1)
			return []*graph.Node{graph.ReduceAllSum(graph.Mul(each, weights)), graph.ReduceAllSum(weights)}
		},
		result: func(state [][]float32) []float64 {
			return []float64{math.Sqrt(ratio(float64(state[0][0]), float64(state[1][0])))}
		}}
}

// R2Score is the share of the targets' variance that the outputs explain.
// Aggregation says how those of the outputs become one: "uniform_average",
// "variance_weighted_average", or "" for one figure each. With a number of
// regressors above 0 it is adjusted for them.
func R2Score(aggregation string, regressors int) StateMetric {
	m := &stateMetric{class: "R2Score", name: "r2_score", larger: true, check: sameShape,
		config: map[string]any{"class_aggregation": nil, "num_regressors": regressors}}
	if aggregation != "" {
		m.config["class_aggregation"] = aggregation
	}
	m.want(slices.Contains([]string{"", "uniform_average", "variance_weighted_average"}, aggregation),
		"class_aggregation must be uniform_average, variance_weighted_average or empty, got %q", aggregation)
	m.want(regressors >= 0, "num_regressors must be at least 0, got %d", regressors)
	m.state = func(outputs Shape) ([]Shape, error) {
		m := &stateMetric{}
		if m.want(len(outputs) == 1, "wants outputs of one axis, got %v", outputs); m.err != nil {
			return nil, m.err
		}
		return append([]Shape{{}}, slices.Repeat([]Shape{{outputs[0]}}, 4)...), nil
	}
	m.add = func(targets, x, weights *graph.Node) []*graph.Node {
		y := likeOutputs(targets, x)
		w := graph.BroadcastToDims(onExample(weights, y), y.Shape().Dimensions...)
		sum := func(v *graph.Node) *graph.Node { return graph.ReduceSum(graph.Mul(v, w), 0) }
		// Keras counts all values here, whatever their weights; what fills up a batch
		// has weight 0.
		some := graph.ReduceAllSum(toFloat32(graph.GreaterThan(w, graph.ZerosLike(w))))
		return []*graph.Node{some, sum(y), sum(graph.Square(y)), sum(graph.Square(graph.Sub(y, x))), sum(graph.OnesLike(y))}
	}
	m.result = func(state [][]float32) []float64 { return r2(state, aggregation, float64(regressors)) }
	return m
}

func r2(state [][]float32, aggregation string, regressors float64) []float64 {
	n := len(state[1])
	scores, totals := make([]float64, n), make([]float64, n)
	for i := range scores {
		sum, squares, residual, count := float64(state[1][i]), float64(state[2][i]),
			float64(state[3][i]), float64(state[4][i])
		totals[i] = squares - sum*sum/count
		if scores[i] = 1 - residual/totals[i]; math.IsInf(scores[i], 0) {
			scores[i] = 0
		}
	}
	mean, weights := 0.0, 0.0
	switch aggregation {
	case "uniform_average":
		for _, s := range scores {
			mean += s / float64(n)
		}
		scores = []float64{mean}
	case "variance_weighted_average":
		for i, s := range scores {
			mean, weights = mean+s*totals[i], weights+totals[i]
		}
		scores = []float64{mean / weights}
	}
	if count := float64(state[0][0]); regressors != 0 && regressors < count-1 {
		for i, s := range scores {
			scores[i] = 1 - (1-s)*(count-1)/(count-regressors-1)
		}
	}
	return scores
}

func init() {
	registerState("RootMeanSquaredError", func(*Settings) StateMetric { return RootMeanSquaredError() })
	registerState("R2Score", func(s *Settings) StateMetric {
		aggregation, there := s.values["class_aggregation"]
		if s.Take("class_aggregation"); !there {
			aggregation = "uniform_average"
		}
		text, _ := aggregation.(string)
		return R2Score(text, s.Int("num_regressors", 0))
	})
}
