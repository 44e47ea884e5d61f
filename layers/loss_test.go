package layers

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// goldenLosses are what Keras gives for 4 rows of 10 outputs.
func goldenLosses(t *testing.T) (logits, raw []float32, labels []int32, figure func(name string) float64) {
	t.Helper()
	read := func(name string, v any) {
		if err := json.Unmarshal(golden.Losses[name], v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	read("logits", &logits)
	read("raw", &raw)
	read("labels", &labels)
	return logits, raw, labels, func(name string) (v float64) { read(name, &v); return v }
}

// TestLossesAsKeras: both crossentropies, of a softmax's outputs (whose logits
// reach 30) and of outputs that no softmax made (one is 0).
func TestLossesAsKeras(t *testing.T) {
	logits, raw, labels, figure := goldenLosses(t)
	worst := 0.0
	for _, loss := range []CrossEntropy{CategoricalCrossEntropy, SparseCategoricalCrossEntropy} {
		out, err := graph.CallOnceN(testBackend(t), func(logits, raw, labels *graph.Node) []*graph.Node {
			c := NewPass(logits.Graph(), true, nil, nil)
			return []*graph.Node{
				graph.ReduceAllMean(loss.PerExample(c, labels, c.Softmax(logits, -1))),
				graph.ReduceAllMean(loss.PerExample(c, labels, raw)),
			}
		}, tensors.FromFlatDataAndDimensions(logits, 4, 10), tensors.FromFlatDataAndDimensions(raw, 4, 10), labels)
		if err != nil {
			t.Fatal(err)
		}
		for i, suffix := range []string{"_softmax", "_raw"} {
			got, want := float64(tensors.ToScalar[float32](out[i])), figure(loss.Name()+suffix)
			worst = max(worst, math.Abs(got-want)/want)
			if !near(got, want, 1e-6) {
				t.Errorf("%s%s is %v, Keras has %v", loss.Name(), suffix, got, want)
			}
		}
	}
	t.Logf("largest relative difference of a loss: %.2g", worst)
}

func TestMetricsAsKeras(t *testing.T) {
	logits, _, labels, figure := goldenLosses(t)
	for _, metric := range []MeanMetric{Accuracy, TopKAccuracy(3)} {
		out, err := graph.CallOnce(testBackend(t), func(logits, labels *graph.Node) *graph.Node {
			return graph.ReduceAllMean(metric.PerExample(nil, labels, logits))
		}, tensors.FromFlatDataAndDimensions(logits, 4, 10), labels)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := float64(tensors.ToScalar[float32](out)), figure(metric.Name()); got != want {
			t.Errorf("%s is %v, Keras has %v", metric.Name(), got, want)
		}
	}
}
