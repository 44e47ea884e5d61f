package layers

import (
	"math"
	"testing"
)

func TestPredictAnySizeAndEvaluate(t *testing.T) {
	m, e := smallModel(t, false), smallImages(70)
	all, err := m.Predict(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := e.Slice(69, 70)
	single, err := m.Predict(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range single[0] {
		if math.Abs(float64(v-all[69][i])) > 1e-6 {
			t.Errorf("alone %v, among others %v", single[0], all[69])
		}
	}
	logs, err := m.Evaluate(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	loss := 0.0
	for i, p := range all {
		loss -= math.Log(float64(p[e.Labels[i]])) / 70
	}
	if math.Abs(loss-logs["loss"]) > 1e-5 {
		t.Errorf("evaluate has loss %v, the predictions give %v", logs["loss"], loss)
	}
}

// TestOptionsWhereTheyCount: the compiler refuses an option of Fit for Predict.
func TestOptionsWhereTheyCount(t *testing.T) {
	for name, option := range map[string]Option{"Epochs": Epochs(3), "Verbose": Verbose(Silent), "Seed": Seed(1)} {
		_, evaluate := option.(EvaluateOption)
		if _, predict := option.(PredictOption); predict || evaluate != (name == "Verbose") {
			t.Errorf("%s counts for Evaluate: %t, for Predict: %t", name, evaluate, predict)
		}
	}
}
