package layers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// stems is a model whose first layer has a bias to freeze.
func stems(t *testing.T) *Model {
	t.Helper()
	m := Sequential("stems", Input(8, 8, 3), AlternatingFlip(), RandomShift(1), Conv2D(4, 3).Named("stem"),
		BatchNormalization().Named("norm"), Activation(Gelu), Flatten(), Dense(4).Activation(Softmax).Named("head"))
	rate := WithSchedule(PolynomialDecay(0.01, 30).End(0))
	o := PerGroup(FilterMuon(0.05)).On(".*/(bias|gamma|beta)", TorchSGD(0.1, rate).Momentum(0.9).Nesterov())
	if err := m.Compile(o, CategoricalCrossEntropy, Accuracy); err != nil {
		t.Fatal(err)
	}
	return m
}

func fitStems(ctx context.Context, m *Model, epochs int, more ...Option) (*History, error) {
	return m.Fit(ctx, smallImages(50), append([]Option{Epochs(epochs), BatchSize(8), DropRemainder(), Seed(3),
		Verbose(Silent), TrainDuring("stem/bias", 0, 2), TrainDuring("head/kernel", 1, 0)}, more...)...)
}

func valueOf(t *testing.T, m *Model, path string) []float32 {
	t.Helper()
	for _, v := range m.Variables() {
		if v.Path == path {
			values, err := v.Flat()
			if err != nil {
				t.Fatal(err)
			}
			return slices.Clone(values)
		}
	}
	t.Fatalf("no variable %s", path)
	return nil
}

// TestTrainDuring freezes one variable after two epochs and thaws another after
// one.
func TestTrainDuring(t *testing.T) {
	m := stems(t)
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	before := map[string][]float32{"stem/bias": valueOf(t, m, "stem/bias"), "head/kernel": valueOf(t, m, "head/kernel")}
	var moved []string
	watch := OnEpochEnd(func(tr *Training, epoch int, _ Logs) error {
		for _, path := range []string{"stem/bias", "head/kernel"} {
			now := valueOf(t, tr.Model, path)
			if !slices.Equal(now, before[path]) {
				moved = append(moved, path)
			}
			before[path] = now
		}
		moved = append(moved, "|")
		return nil
	})
	h, err := fitStems(t.Context(), m, 4, Callbacks(watch))
	if err != nil {
		t.Fatal(err)
	}
	want := "stem/bias | stem/bias head/kernel | head/kernel | head/kernel |"
	if got := strings.Join(moved, " "); got != want {
		t.Errorf("moved %s, want %s", got, want)
	}
	if h.Steps != 6 {
		t.Errorf("an epoch of 50 examples has %d whole batches of 8", h.Steps)
	}
	if len(m.compiled.resting) != 0 {
		t.Error("variables rest after the fit")
	}
}

// TestTrainDuringResumes interrupts a fit in every epoch, at its end and in its
// middle, and goes on in another process' place.
func TestTrainDuringResumes(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	whole := stems(t)
	if _, err := fitStems(t.Context(), whole, 4); err != nil {
		t.Fatal(err)
	}
	for stop := range 4 * 6 {
		if testing.Short() && stop%5 != 0 {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		m := stems(t)
		_, err := fitStems(ctx, m, 4, Run("stems"), Fresh(), Callbacks(&canceler{after: stop, cancel: cancel}))
		cancel()
		if err != nil && !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		again := stems(t)
		if stop%2 == 0 {
			again = m // the same process goes on, too
		}
		if _, err = fitStems(t.Context(), again, 4, Run("stems"), Callbacks(&canceler{after: -1})); err != nil {
			t.Fatalf("interrupted after step %d: %v", stop, err)
		}
		if !slices.Equal(flat(t, again), flat(t, whole)) {
			t.Errorf("interrupted after step %d, other weights come out", stop)
		}
	}
}

// canceler ends a fit after so many steps.
type canceler struct {
	CallbackBase
	after, steps int
	cancel       context.CancelFunc
}

func (*canceler) OnTrainBatchBegin(*Training, int) error { return nil }

func (c *canceler) OnTrainBatchEnd(*Training, int, Logs) error {
	if c.steps == c.after {
		c.cancel()
	}
	c.steps++
	return nil
}

func TestTrainDuringBadInput(t *testing.T) {
	for _, c := range []struct {
		option Option
		want   string
	}{
		{TrainDuring("stem/(", 0, 1), "regular expression"},
		{TrainDuring("stem/bias", 3, 1), "the first not after the last"},
		{TrainDuring("sten/bias", 0, 1), "matches none of the trainable variables"},
		{TrainDuring(".*", 0, 2), "leaves nothing to train in epoch 3"},
		{BatchSize(51), "50 examples do not fill a batch of 51"},
	} {
		if _, err := fitStems(t.Context(), stems(t), 4, c.option); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// TestAlternatingFlipAlternates has a model tell left from right, so that its
// accuracy is the share of pictures that are not mirrored.
func TestAlternatingFlipAlternates(t *testing.T) {
	const n = 40
	e := &Examples{Shape: Shape{1, 2, 1}, Classes: 2, Labels: make([]int32, n)}
	for range n {
		e.Floats = append(e.Floats, 1, 0)
	}
	m := Sequential("flips", Input(1, 2, 1), AlternatingFlip(), Flatten(), Dense(2).WithoutBias())
	if err := m.Compile(SGD(0), MeanSquaredError, Accuracy); err != nil {
		t.Fatal(err)
	}
	if err := m.Variables()[0].SetFlat([]float32{1, 0, 0, 1}); err != nil {
		t.Fatal(err)
	}
	for seed := range int64(2) {
		h, err := m.Fit(t.Context(), e, Epochs(4), BatchSize(8), Verbose(Silent), Seed(seed))
		if err != nil {
			t.Fatal(err)
		}
		shares := h.Metrics["accuracy"]
		if shares[0] != shares[2] || shares[1] != shares[3] || shares[0]+shares[1] != 1 {
			t.Errorf("not mirrored are %v: pictures do not alternate", shares)
		}
		if shares[0] < 0.2 || shares[0] > 0.8 {
			t.Errorf("%g of the pictures begin as they are, want about half", shares[0])
		}
	}
}
