package layers

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// stepLosses recovers each batch's loss from the running means.
type stepLosses struct {
	CallbackBase
	batch, n    int
	total, seen float64
	losses      []float64
}

func (c *stepLosses) OnEpochBegin(*Training, int) error { c.total, c.seen = 0, 0; return nil }

func (c *stepLosses) OnTrainBatchBegin(*Training, int) error { return nil }

func (c *stepLosses) OnTrainBatchEnd(_ *Training, b int, l Logs) error {
	seen := float64(min((b+1)*c.batch, c.n))
	total := l["loss"] * seen
	c.losses = append(c.losses, (total-c.total)/(seen-c.seen))
	c.total, c.seen = total, seen
	return nil
}

// TestFitAsKeras trains with Keras' weights, order and data, the last batch of
// each epoch being partial.
func TestFitAsKeras(t *testing.T) {
	for name, c := range map[string]struct {
		want    goldenFit
		norm    bool
		options []Option
	}{
		"plain":         {golden.Fit, false, nil},
		"class weights": {golden.FitWeighted, false, []Option{ClassWeights(map[int]float64{0: 2, 2: 0.25})}},
		"batch norm":    {golden.FitNorm, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := smallModel(t, c.norm)
			steps := &stepLosses{batch: 16, n: 90}
			h, err := m.Fit(t.Context(), smallImages(100), append(c.options, BatchSize(16), Epochs(3), ValidationSplit(0.1),
				Shuffle(false), Verbose(Silent), Callbacks(steps))...)
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for i, want := range c.want.StepLosses {
				worst = max(worst, math.Abs(steps.losses[i]-want))
				if math.Abs(steps.losses[i]-want) > 1e-4 {
					t.Errorf("step %d: loss %v, Keras has %v", i, steps.losses[i], want)
				}
			}
			t.Logf("largest difference of a step's loss in %d steps: %.2g", len(c.want.StepLosses), worst)
			for key, want := range c.want.History {
				for i := range want {
					if math.Abs(h.Metrics[key][i]-want[i]) > 2e-4 {
						t.Errorf("epoch %d: %s %v, Keras has %v", i+1, key, h.Metrics[key][i], want[i])
					}
				}
			}
		})
	}
}

func TestSameSeedSameRun(t *testing.T) {
	run := func(seed int64) []float32 {
		m := dropoutModel(t)
		if _, err := m.Fit(t.Context(), smallImages(50), Epochs(2), BatchSize(16), Seed(seed), Verbose(Silent)); err != nil {
			t.Fatal(err)
		}
		return flat(t, m)
	}
	a := run(42)
	if !slices.Equal(a, run(42)) {
		t.Error("the same seed gave another run")
	}
	if slices.Equal(a, run(43)) {
		t.Error("another seed gave the same run")
	}
}

// TestSecondFitGoesOnAsKeras fits twice: the second fit goes on with the
// optimizer's state from InitialEpoch, and measures on ValidationData.
func TestSecondFitGoesOnAsKeras(t *testing.T) {
	all := smallImages(100)
	train, err := all.Slice(0, 60)
	if err != nil {
		t.Fatal(err)
	}
	validation, err := all.Slice(60, 100)
	if err != nil {
		t.Fatal(err)
	}
	m, steps := smallModel(t, false), &stepLosses{batch: 16, n: 60}
	o := []Option{BatchSize(16), Shuffle(false), ValidationData(validation), Verbose(Silent), Callbacks(steps)}
	first, err := m.Fit(t.Context(), train, append(o, Epochs(2))...)
	if err != nil {
		t.Fatal(err)
	}
	second, err := m.Fit(t.Context(), train, append(o, InitialEpoch(2), Epochs(4))...)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(second.Epochs, []int{3, 4}) {
		t.Errorf("the second fit's epochs are %v", second.Epochs)
	}
	worst := 0.0
	for i, want := range golden.FitTwice.StepLosses {
		worst = max(worst, math.Abs(steps.losses[i]-want))
	}
	for key, want := range golden.FitTwice.History {
		got := slices.Concat(first.Metrics[key], second.Metrics[key])
		for i := range want {
			worst = max(worst, math.Abs(got[i]-want[i]))
		}
	}
	t.Logf("largest difference of a loss or metric: %.2g", worst)
	if len(golden.FitTwice.StepLosses) != 16 || !(worst < 1e-4) {
		t.Errorf("losses %v, Keras has %v", steps.losses, golden.FitTwice.StepLosses)
	}
	want, err := os.ReadFile("testdata/summary_small_trained.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Summary(); got != string(want) {
		t.Errorf("the trained model's summary is\n%s\nKeras prints\n%s", got, want)
	}
	if html := m.Display().HTML; !strings.Contains(html, "Optimizer params: ") {
		t.Errorf("the HTML form lacks the optimizer: %s", html)
	}
}
