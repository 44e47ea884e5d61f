package layers

import "testing"

// TestManyStepsAtOnce fits with several steps in one execution, as on a GPU, and
// one by one: an epoch of 5 steps, the last of them partial.
func TestManyStepsAtOnce(t *testing.T) {
	onXLA(t)
	fit := func(t *testing.T, model func(testing.TB) *Model, atOnce int, more ...Option) (*History, []float32) {
		m := model(t)
		m.compiled.atOnce = atOnce
		h, err := m.Fit(t.Context(), smallImages(90),
			append([]Option{Epochs(3), BatchSize(16), ValidationSplit(0.2), Verbose(Silent),
				ClassWeights(map[int]float64{1: 2})}, more...)...)
		if err != nil {
			t.Fatal(err)
		}
		return h, flat(t, m)
	}
	for name, model := range map[string]func(testing.TB) *Model{
		"dropout, statistics": dropoutModel,
		"convolution":         func(t testing.TB) *Model { return smallModel(t, false) },
	} {
		h, want := fit(t, model, 1)
		for _, n := range []int{2, 5, 3} {
			got, weights := fit(t, model, n)
			for metric, values := range h.Metrics {
				for epoch, v := range values {
					if !near(got.Metrics[metric][epoch], v, 1e-4) {
						t.Errorf("%s, %d at once: %s is %g after epoch %d, one by one %g", name, n, metric,
							got.Metrics[metric][epoch], epoch+1, v)
					}
				}
			}
			for i := range want {
				if !near(float64(weights[i]), float64(want[i]), 1e-3) {
					t.Fatalf("%s, %d at once: weight %d is %g, one by one %g", name, n, i, weights[i], want[i])
				}
			}
		}
	}
}
