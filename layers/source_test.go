package layers

import (
	"math"
	"slices"
	"testing"
)

// streamed are examples as a source that is read batch by batch.
func streamed(e *Examples) Source { return SourceFunc(e.Batches) }

// sized says how many examples a source has.
type sized struct {
	Source
	examples int
}

func (s sized) Len() int { return s.examples }

// TestSourceEqualsExamples trains, measures and predicts on the same examples in
// memory and as a source: equal to the last bit. Where all batches are whole and
// nobody says so, the program is another one, which counts the examples.
func TestSourceEqualsExamples(t *testing.T) {
	images := smallImages(100)
	two, _, _ := twoOutputsData(t)
	for name, c := range map[string]struct {
		model             func(testing.TB) *Model
		train, validation *Examples
		options           []Option
		steps             int
	}{
		"dropout, statistics, last batch partial": {dropoutModel, images, smallImages(45), nil, 7},
		"remainder dropped":                       {dropoutModel, images, smallImages(20), []Option{DropRemainder()}, 6},
		"batches all whole":                       {dropoutModel, smallImages(96), smallImages(32), nil, 6},
		"convolution, statistics": {func(t testing.TB) *Model {
			return smallModel(t, true)
		}, images, smallImages(20), nil, 7},
		"class weights, in order": {func(t testing.TB) *Model { return smallModel(t, false) }, images, nil,
			[]Option{ClassWeights(map[int]float64{1: 0.5}), Shuffle(false)}, 7},
		"inputs, outputs, weights": {twoOutputs, two, two, nil, 2},
		"variables that rest":      {dropoutModel, images, smallImages(20), []Option{TrainDuring("dense.*/.*", 1, 2)}, 7},
		"metrics with a state":     {statesModel, images, smallImages(20), nil, 7},
	} {
		t.Run(name, func(t *testing.T) {
			type result struct {
				weights []float32
				history *History
				logs    Logs
				outputs [][][]float32
			}
			measure := func(as func(*Examples) Source) (r result) {
				m := c.model(t)
				o := append([]Option{BatchSize(16), Epochs(3), Seed(5), Verbose(Silent)}, c.options...)
				if c.validation != nil {
					o = append(o, ValidationData(as(c.validation)))
				}
				var err error
				if r.history, err = m.Fit(t.Context(), as(c.train), o...); err != nil {
					t.Fatal(err)
				}
				r.weights = flat(t, m)
				if r.logs, err = m.Evaluate(t.Context(), as(c.train), BatchSize(16)); err != nil {
					t.Fatal(err)
				}
				if r.outputs, err = m.PredictAll(t.Context(), as(c.train), BatchSize(16)); err != nil {
					t.Fatal(err)
				}
				return r
			}
			want := measure(func(e *Examples) Source { return e })
			for kind, as := range map[string]func(*Examples) Source{
				"unknown length": streamed,
				"known length":   func(e *Examples) Source { return sized{streamed(e), e.Len()} },
			} {
				got := measure(as)
				if name == "batches all whole" && kind == "unknown length" {
					for i, w := range want.weights {
						if math.Abs(float64(w-got.weights[i])) > 2e-6 {
							t.Errorf("weight %d is %g, in memory %g", i, got.weights[i], w)
						}
					}
					continue
				}
				if !slices.Equal(got.weights, want.weights) {
					t.Errorf("%s: other weights", kind)
				}
				for metric, values := range want.history.Metrics {
					if !slices.Equal(got.history.Metrics[metric], values) {
						t.Errorf("%s: %s is %v, in memory %v", kind, metric, got.history.Metrics[metric], values)
					}
				}
				for metric, value := range want.logs {
					if got.logs[metric] != value {
						t.Errorf("%s: evaluated, %s is %v, in memory %v", kind, metric, got.logs[metric], value)
					}
				}
				if got.history.Steps != c.steps {
					t.Errorf("%s: %d steps, want %d", kind, got.history.Steps, c.steps)
				}
				for i, output := range want.outputs {
					if !slices.EqualFunc(got.outputs[i], output, slices.Equal) {
						t.Errorf("%s: output %d: other predictions", kind, i)
					}
				}
			}
		})
	}
}
