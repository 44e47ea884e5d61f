package layers

import "github.com/gomlx/gomlx/core/graph"

// SensitivityAtSpecificity is the largest sensitivity (recall) at a threshold
// whose specificity is at least the given one, of so many thresholds: 200 in
// Keras.
func SensitivityAtSpecificity(specificity float64, thresholds int, options ...ConfusionOption) StateMetric {
	return best("SensitivityAtSpecificity", "specificity", specificity, thresholds, options, specificityOf, sensitivityOf)
}

// SpecificityAtSensitivity is the largest specificity at a threshold whose
// sensitivity is at least the given one.
func SpecificityAtSensitivity(sensitivity float64, thresholds int, options ...ConfusionOption) StateMetric {
	return best("SpecificityAtSensitivity", "sensitivity", sensitivity, thresholds, options, sensitivityOf, specificityOf)
}

// PrecisionAtRecall is the largest precision at a threshold whose recall is at
// least the given one.
func PrecisionAtRecall(recall float64, thresholds int, options ...ConfusionOption) StateMetric {
	return best("PrecisionAtRecall", "recall", recall, thresholds, options, sensitivityOf, precisionOf)
}

// RecallAtPrecision is the largest recall at a threshold whose precision is at
// least the given one.
func RecallAtPrecision(precision float64, thresholds int, options ...ConfusionOption) StateMetric {
	return best("RecallAtPrecision", "precision", precision, thresholds, options, precisionOf, sensitivityOf)
}

func sensitivityOf(n [4]float64) float64 {
	return ratio(n[truePositives], n[truePositives]+n[falseNegatives])
}
func specificityOf(n [4]float64) float64 {
	return ratio(n[trueNegatives], n[trueNegatives]+n[falsePositives])
}
func precisionOf(n [4]float64) float64 {
	return ratio(n[truePositives], n[truePositives]+n[falsePositives])
}

// best is the largest of one figure where another is at least a value.
func best(class, setting string, value float64, thresholds int, options []ConfusionOption,
	constrained, wanted func([4]float64) float64) StateMetric {
	c := &confusion{}
	for _, option := range options {
		option(c)
	}
	m := &stateMetric{class: class, name: SnakeCase(class), larger: true, check: sameShape,
		config: map[string]any{setting: value, "num_thresholds": thresholds, "class_id": nil}}
	if c.class != nil {
		m.config["class_id"] = *c.class
	}
	m.want(value >= 0 && value <= 1, "%s must be in [0, 1], got %v", setting, value)
	m.want(thresholds > 0, "num_thresholds must be at least 1, got %d", thresholds)
	c.thresholds = even(max(1, thresholds))
	m.state = of(4, len(c.thresholds))
	m.add = func(y, x, w *graph.Node) []*graph.Node {
		kinds := []int{truePositives, falsePositives, trueNegatives, falseNegatives}
		if len(c.thresholds) > 1 {
			return c.spread(y, x, w, kinds...)
		}
		return c.add(y, x, w, kinds...)
	}
	m.result = func(state [][]float32) []float64 {
		largest := 0.0
		for i := range c.thresholds {
			var n [4]float64
			for kind := range n {
				n[kind] = float64(state[kind][i])
			}
			if constrained(n) >= value {
				largest = max(largest, wanted(n))
			}
		}
		return []float64{largest}
	}
	return m
}

func init() {
	for setting, make := range map[string]func(float64, int, ...ConfusionOption) StateMetric{
		"specificity": SensitivityAtSpecificity, "sensitivity": SpecificityAtSensitivity, "recall": PrecisionAtRecall,
		"precision": RecallAtPrecision,
	} {
		registerState(make(0, 1).(*stateMetric).class, func(s *Settings) StateMetric {
			var options []ConfusionOption
			if class, ok := s.Take("class_id").(float64); ok {
				options = append(options, ClassID(int(class)))
			}
			return make(s.Float(setting, -1), s.Int("num_thresholds", 200), options...)
		})
	}
}
