package layers

import (
	"errors"
	"testing"

	"github.com/gomlx/compute"
)

type fakeXLA struct {
	compute.Backend
	gpu bool
}

func (f fakeXLA) IsCUDA() bool { return f.gpu }

func TestStepsAtOnce(t *testing.T) {
	gpu := fakeXLA{gpu: true}
	for _, c := range []struct {
		backend     compute.Backend
		steps, want int
	}{
		{gpu, 1407, 21}, {gpu, 1250, 25}, {gpu, 88, 22}, {gpu, 1409, 25}, {gpu, 7, 7}, {gpu, 1, 1}, {fakeXLA{}, 1407, 1},
	} {
		if got := stepsAtOnce(c.backend, c.steps); got != c.want {
			t.Errorf("%d steps: %d at once, want %d", c.steps, got, c.want)
		}
	}
}

// TestManyStepsAtOnce fits with several steps in one execution, as on a GPU, and
// one by one: an epoch of 5 steps, the last of them partial.
func TestManyStepsAtOnce(t *testing.T) {
	onXLA(t)
	fit := func(t *testing.T, model func(testing.TB) *Model, atOnce int, more ...Option) (*History, []float32) {
		m := model(t)
		m.compiled.atOnce = atOnce
		h, err := m.Fit(t.Context(), smallImages(90), append([]Option{Epochs(3), BatchSize(16), ValidationSplit(0.2), Verbose(Silent),
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
						t.Errorf("%s, %d at once: %s is %g after epoch %d, one by one %g", name, n, metric, got.Metrics[metric][epoch], epoch+1, v)
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

// TestSlowStepsOneByOne has an execution of two steps last too long.
func TestSlowStepsOneByOne(t *testing.T) {
	onXLA(t)
	m := smallModel(t, false)
	m.compiled.atOnce = 2
	data, err := upload(testBackend(t), smallImages(50))
	if err != nil {
		t.Fatal(err)
	}
	defer data.free()
	tr, err := newTrainer(m, data, 50, 16, 1, 1, nil) // 4 steps
	if err != nil {
		t.Fatal(err)
	}
	defer tr.free()
	if err := errors.Join(tr.begin(make([]int32, 50), 0, nil), tr.run(tr.atOnce(0))); err != nil {
		t.Fatal(err)
	}
	if n := tr.atOnce(2); n != 2 {
		t.Fatalf("%d steps at once after a short execution, want 2", n)
	}
	tr.slow = -1
	if err := errors.Join(tr.run(2), tr.wait()); err != nil {
		t.Fatal(err)
	}
	if n := tr.atOnce(0); n != 1 {
		t.Errorf("%d steps at once after a long execution, want 1", n)
	}
	if n := m.compiled.state.iterations; n != 4 {
		t.Errorf("%d steps were counted, want 4", n)
	}
}
