package layers

import (
	"context"
	"iter"
	"math"
	"testing"
)

// goldenSource is golden_sources.py's data.
func goldenSource(weighted bool) *Examples {
	const n = 50
	e := &Examples{Shape: []int{6}, Floats: trainingFormula(n*6, 1), Classes: 3}
	for i := range n {
		e.Labels = append(e.Labels, int32(i*7%3))
		if weighted {
			e.Weights = append(e.Weights, float32(i%5)/4)
		}
	}
	return e
}

// TestSourcesAsKeras fits on sources as Keras does on a PyDataset, on a generator
// of unknown length, and on one without end with steps_per_epoch.
func TestSourcesAsKeras(t *testing.T) {
	var golden map[string]struct {
		History     map[string][]float64
		Predictions [][]float32
	}
	readGolden(t, "sources.json", &golden)
	endless := SourceFunc(func(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
		return func(yield func(*Examples, error) bool) {
			for {
				for batch, err := range goldenSource(false).Batches(ctx, epoch) {
					if !yield(batch, err) {
						return
					}
				}
			}
		}
	})
	dataset := sized{streamed(goldenSource(true)), 50}
	for name, c := range map[string]struct {
		source  Source
		options []Option
	}{
		"pydataset": {dataset, []Option{Epochs(3), ValidationData(dataset)}},
		"class_weight": {sized{streamed(goldenSource(false)), 50},
			[]Option{Epochs(2), ClassWeights(map[int]float64{0: 1, 1: 0.5, 2: 2})}},
		"unknown": {streamed(goldenSource(false)), nil},
		"endless": {endless, []Option{Epochs(4), StepsPerEpoch(5)}},
	} {
		want, worst := golden[name], 0.0
		m := Sequential("source", Input(6), Dense(5).Activation(Tanh), BatchNormalization(), Dense(3).Activation(Softmax))
		setFormula(t, m)
		err := m.CompileOutputs(Adam(0.01), ForOutput("", SparseCategoricalCrossEntropy).WeightedMetrics(Accuracy))
		if err != nil {
			t.Fatal(err)
		}
		h, err := m.Fit(t.Context(), c.source, append(c.options, BatchSize(8), Shuffle(false), Verbose(Silent))...)
		if err != nil {
			t.Fatal(err)
		}
		if len(want.History) == 0 || len(h.Metrics) != len(want.History) {
			t.Errorf("%s: measured %d figures, Keras %d", name, len(h.Metrics), len(want.History))
		}
		for metric, values := range want.History {
			for epoch, v := range values {
				if len(h.Metrics[metric]) != len(values) {
					t.Fatalf("%s: %s has %d epochs, Keras' %d", name, metric, len(h.Metrics[metric]), len(values))
				}
				worst = max(worst, math.Abs(h.Metrics[metric][epoch]-v))
			}
		}
		rows, err := m.Predict(t.Context(), streamed(goldenSource(false)))
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want.Predictions {
			for k, p := range row {
				worst = max(worst, math.Abs(float64(rows[i][k]-p)))
			}
		}
		t.Logf("%s: largest difference %.2g", name, worst)
		if !(worst < 1e-5) || len(rows) != len(want.Predictions) {
			t.Errorf("%s: differs by %g", name, worst)
		}
	}
}
