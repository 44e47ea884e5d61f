package layers

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// FBetaScore is the harmonic mean of precision and recall, of which recall has
// beta times the weight. Average says how those of the outputs become one:
// "micro", "macro", "weighted", or "" for one figure each. A threshold in (0, 1]
// says what is positive; 0 stands for the largest output of each example.
func FBetaScore(beta float64, average string, threshold float64) StateMetric {
	return fScore("FBetaScore", "fbeta_score", beta, average, threshold)
}

// F1Score is [FBetaScore] with beta 1.
func F1Score(average string, threshold float64) StateMetric {
	return fScore("F1Score", "f1_score", 1, average, threshold)
}

func fScore(class, name string, beta float64, average string, threshold float64) *stateMetric {
	m := &stateMetric{class: class, name: name, larger: true, check: sameShape,
		config: map[string]any{"average": nil, "threshold": nil}}
	if average != "" {
		m.config["average"] = average
	}
	if threshold != 0 {
		m.config["threshold"] = threshold
	}
	if class == "FBetaScore" {
		m.config["beta"] = beta
	}
	m.want(slices.Contains([]string{"", "micro", "macro", "weighted"}, average),
		"average must be micro, macro, weighted or empty, got %q", average)
	m.want(beta > 0, "beta must be above 0, got %v", beta)
	m.want(threshold >= 0 && threshold <= 1, "threshold must be in (0, 1], or 0 for none, got %v", threshold)
	m.state = func(outputs Shape) ([]Shape, error) {
		m := &stateMetric{}
		m.want(len(outputs) == 1, "wants outputs of one axis, got %v", outputs)
		if m.err != nil {
			return nil, m.err
		}
		return of(4, outputs[0])(outputs)
	}
	m.add = func(targets, x, weights *graph.Node) []*graph.Node {
		y := likeOutputs(targets, x)
		var positive *graph.Node
		if threshold == 0 {
			largest := graph.GreaterOrEqual(x, graph.ReduceAndKeep(x, graph.ReduceMax, -1))
			positive = graph.LogicalAnd(largest, graph.GreaterThan(graph.Abs(x), scalar(x, 1e-9)))
		} else {
			positive = graph.GreaterThan(x, scalar(x, threshold))
		}
		p := toFloat32(positive)
		sum := func(v *graph.Node) *graph.Node { return graph.ReduceSum(graph.Mul(v, onExample(weights, v)), 0) }
		return []*graph.Node{sum(graph.Mul(p, y)), sum(graph.Mul(p, graph.OneMinus(y))),
			sum(graph.Mul(graph.OneMinus(p), y)), sum(y)}
	}
	m.result = func(state [][]float32) []float64 {
		n := len(state[0])
		if average == "micro" {
			sums := make([][]float32, len(state))
			for i, counts := range state {
				total := float32(0)
				for _, v := range counts {
					total += v
				}
				sums[i] = []float32{total}
			}
			state, n = sums, 1
		}
		scores, weights, mean := make([]float64, n), fuzz, 0.0
		for i := range scores {
			tp, fp, fn := float64(state[0][i]), float64(state[1][i]), float64(state[2][i])
			precision, recall := tp/(tp+fp+fuzz), tp/(tp+fn+fuzz)
			scores[i] = precision * recall / (beta*beta*precision + recall + fuzz) * (1 + beta*beta)
			weights += float64(state[3][i])
		}
		switch average {
		case "":
			return scores
		case "weighted":
			for i, score := range scores {
				mean += score * float64(state[3][i]) / weights
			}
		default:
			for _, score := range scores {
				mean += score / float64(n)
			}
		}
		return []float64{mean}
	}
	return m
}

func init() {
	registerState("FBetaScore", func(s *Settings) StateMetric {
		return FBetaScore(s.Float("beta", 1), s.String("average", ""), s.Float("threshold", 0))
	})
	registerState("F1Score", func(s *Settings) StateMetric {
		return F1Score(s.String("average", ""), s.Float("threshold", 0))
	})
}
