package layers

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// AUCMetric is the area under a curve: see [AUC].
type AUCMetric struct {
	stateMetric
	c                confusion
	curve, summation string
	given            bool // thresholds were given
}

// AUC is the area under the ROC curve, approximated with 200 thresholds as in
// Keras.
func AUC() *AUCMetric {
	m := &AUCMetric{curve: "ROC", summation: "interpolation"}
	m.class, m.name, m.larger, m.check = "AUC", "auc", true, sameShape
	m.c.thresholds = aucThresholds(even(200))
	return m
}

// aucThresholds moves the first and last threshold beyond 0 and 1.
func aucThresholds(list []float64) []float64 {
	list[0], list[len(list)-1] = -fuzz, 1+fuzz
	return list
}

// NumThresholds sets the number of thresholds, at least 2. Default 200.
func (m *AUCMetric) NumThresholds(n int) *AUCMetric {
	if m.want(n > 1, "num_thresholds must be above 1, got %d", n); n > 1 {
		m.c.thresholds = aucThresholds(even(n))
	}
	return m
}

// Thresholds sets the thresholds between 0 and 1, which are added.
func (m *AUCMetric) Thresholds(list ...float64) *AUCMetric {
	m.given = true
	list = slices.Clone(list)
	slices.Sort(list)
	for _, t := range list {
		m.want(t >= 0 && t <= 1, "thresholds must be in [0, 1], got %v", list)
	}
	m.c.thresholds = aucThresholds(slices.Concat([]float64{0}, list, []float64{1}))
	return m
}

// Curve sets the curve: "ROC", "PR" or "PRGAIN". Default "ROC".
func (m *AUCMetric) Curve(curve string) *AUCMetric {
	m.curve = strings.ToUpper(curve)
	m.want(slices.Contains([]string{"ROC", "PR", "PRGAIN"}, m.curve), "curve must be ROC, PR or PRGAIN, got %q", curve)
	return m
}

// Summation sets how the area between two thresholds is approximated:
// "interpolation", "minoring" or "majoring". Default "interpolation".
func (m *AUCMetric) Summation(method string) *AUCMetric {
	m.summation = strings.ToLower(method)
	m.want(slices.Contains([]string{"interpolation", "minoring", "majoring"}, m.summation),
		"summation_method must be interpolation, minoring or majoring, got %q", method)
	return m
}

// MultiLabel computes the area of each output by itself, and their mean,
// weighted if there are weights.
func (m *AUCMetric) MultiLabel(weights ...float64) *AUCMetric {
	m.c.labels, m.c.weights = true, weights
	return m
}

// LabelWeights weighs the outputs without MultiLabel.
func (m *AUCMetric) LabelWeights(weights ...float64) *AUCMetric {
	m.c.weights = weights
	return m
}

// FromLogits says that no sigmoid made the outputs.
func (m *AUCMetric) FromLogits() *AUCMetric {
	m.c.logits = true
	return m
}

// State is the four counts at each threshold.
func (m *AUCMetric) State(outputs Shape) ([]Shape, error) {
	if width := outputs.Size(); m.c.weights != nil && len(m.c.weights) != width {
		return nil, fmt.Errorf("label_weights wants %d weights for outputs of shape %v, got %d", width, outputs,
			len(m.c.weights))
	}
	if m.c.labels {
		if len(outputs) != 1 {
			return nil, fmt.Errorf("multi_label wants outputs of one axis, got %v", outputs)
		}
		return of(4, len(m.c.thresholds), outputs[0])(outputs)
	}
	return of(4, len(m.c.thresholds))(outputs)
}

// Add counts a batch.
func (m *AUCMetric) Add(_ *Pass, targets, outputs, weights *graph.Node) []*graph.Node {
	kinds := []int{truePositives, falsePositives, trueNegatives, falseNegatives}
	between := slices.Clone(m.c.thresholds)
	between[0], between[len(between)-1] = 0, 1
	if isEven(between) || !m.given {
		return m.c.spread(targets, outputs, weights, kinds...)
	}
	return m.c.add(targets, outputs, weights, kinds...)
}

// Named is the metric with another name.
func (m *AUCMetric) Named(name string) *AUCMetric {
	m.name = name
	return m
}

// Result computes the area.
func (m *AUCMetric) Result(state [][]float32) []float64 {
	k := len(m.c.thresholds)
	width := len(state[0]) / k
	total, weights := 0.0, 0.0
	for label := range width {
		counts := make([][4]float64, k)
		for i := range counts {
			for kind := range counts[i] {
				counts[i][kind] = float64(state[kind][i*width+label])
			}
		}
		weight := 1.0
		if m.c.labels && m.c.weights != nil {
			weight = m.c.weights[label]
		}
		total, weights = total+weight*m.area(counts), weights+weight
	}
	return []float64{ratio(total, weights)}
}

// area is that under one curve.
func (m *AUCMetric) area(counts [][4]float64) (area float64) {
	if m.curve == "PR" && m.summation == "interpolation" {
		return interpolatedPR(counts)
	}
	point := func(n [4]float64) (x, y float64) {
		tp, fp, tn, fn := n[0], n[1], n[2], n[3]
		recall := ratio(tp, tp+fn)
		switch m.curve {
		case "ROC":
			return ratio(fp, fp+tn), recall
		case "PR":
			return recall, ratio(tp, tp+fp)
		}
		scale := ratio(tp+fn, tn+fp)
		if tp == 0 {
			return 0, 1
		}
		return max(0, 1-scale*ratio(fn, tp)), 1 - scale*ratio(fp, tp)
	}
	for i := range counts[1:] {
		x0, y0 := point(counts[i])
		x1, y1 := point(counts[i+1])
		height := (y0 + y1) / 2
		switch m.summation {
		case "minoring":
			height = min(y0, y1)
		case "majoring":
			height = max(y0, y1)
		}
		area += (x0 - x1) * height
	}
	return area
}

// interpolatedPR is Davis and Goadrich's area (2006).
func interpolatedPR(counts [][4]float64) (area float64) {
	for i := range counts[1:] {
		a, b := counts[i], counts[i+1]
		dtp := a[0] - b[0]
		pa, pb := a[0]+a[1], b[0]+b[1]
		slope := ratio(dtp, max(pa-pb, 0))
		intercept := b[0] - slope*pb
		log := 0.0
		if pa > 0 && pb > 0 {
			log = math.Log(pa / pb)
		}
		area += ratio(slope*(dtp+intercept*log), max(b[0]+b[3], 0))
	}
	return area
}

// Config returns Keras' configuration.
func (m *AUCMetric) Config() map[string]any {
	c := m.stateMetric.Config()
	c["num_thresholds"], c["curve"], c["summation_method"] = len(m.c.thresholds), m.curve, m.summation
	c["multi_label"], c["num_labels"], c["label_weights"], c["from_logits"] = m.c.labels, nil, m.c.weights, m.c.logits
	if m.given {
		c["thresholds"] = m.c.thresholds[1 : len(m.c.thresholds)-1]
	}
	return c
}

func init() {
	RegisterMetric("AUC", func(s *Settings) Metric {
		m := AUC().NumThresholds(s.Int("num_thresholds", 200)).Curve(s.String("curve", "ROC")).
			Summation(s.String("summation_method", "interpolation"))
		m.name = s.String("name", "auc")
		if list := s.Floats("thresholds"); list != nil {
			m.Thresholds(list...)
		}
		if tensor, ok := s.values["label_weights"].(map[string]any); ok { // Keras' form of a tensor
			config, _ := tensor["config"].(map[string]any)
			s.values["label_weights"] = config["value"]
		}
		m.c.labels, m.c.weights, m.c.logits = s.Bool("multi_label", false), s.Floats("label_weights"),
			s.Bool("from_logits", false)
		s.Ignore("num_labels")
		if m.err != nil {
			s.Fail("%w", m.err)
		}
		return m
	})
}
