package layers

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestBadInput(t *testing.T) {
	good := func() *Examples { return smallImages(20) }
	for name, c := range map[string]struct {
		change func(*Examples)
		option Option
		want   string
	}{
		"label":       {func(e *Examples) { e.Labels[3] = 9 }, nil, "label 3 is 9, outside of 0 to 3"},
		"empty":       {func(e *Examples) { e.Bytes, e.Labels = nil, nil }, nil, "no examples"},
		"labels":      {func(e *Examples) { e.Labels = e.Labels[:5] }, nil, "5 labels for 20 examples"},
		"shape":       {func(e *Examples) { e.Shape = []int{8, 4, 6} }, nil, "wants examples of shape"},
		"classes":     {func(e *Examples) { e.Classes = 5 }, nil, "Dense(5)"},
		"batch":       {func(*Examples) {}, BatchSize(0), "BatchSize"},
		"split":       {func(*Examples) {}, ValidationSplit(0.999), "leaves 0 to train on"},
		"monitor":     {func(*Examples) {}, Callbacks(EarlyStopping("val_loss")), "ValidationSplit"},
		"run name":    {func(*Examples) {}, Run("../x"), "name"},
		"large batch": {func(*Examples) {}, BatchSize(500), ""},
	} {
		e := good()
		c.change(e)
		option := c.option
		if option == nil {
			option = Epochs(1)
		}
		_, err := smallModel(t, false).Fit(t.Context(), e, option, Verbose(Silent))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := Sequential("x", Input(4), Dense(2)).Fit(t.Context(), good()); err == nil ||
		!strings.Contains(err.Error(), "not compiled") {
		t.Errorf("not compiled: %v", err)
	}
}

func TestNaNLossKeepsGoodWeights(t *testing.T) {
	m := smallModel(t, false)
	before := flat(t, m)
	e := smallImages(40)
	for _, b := range e.Bytes {
		e.Floats = append(e.Floats, float32(b))
	}
	e.Bytes = nil
	e.Floats[20*192] = float32(math.NaN())
	_, err := m.Fit(t.Context(), e, BatchSize(8), Shuffle(false), Verbose(Silent))
	if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "step 3 of 5") {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(before, flat(t, m)) {
		t.Error("the good weights were lost")
	}
}

// TestNaNLossKeepsTheRun: the run on disk keeps the last good epoch.
func TestNaNLossKeepsTheRun(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	m := smallModel(t, false)
	var good []float32
	explode := OnEpochEnd(func(tr *Training, epoch int, _ Logs) error {
		if epoch == 1 {
			good = flat(t, tr.Model)
			tr.Optimizer.SetLearningRate(1e30)
		}
		return nil
	})
	h, err := m.Fit(t.Context(), smallImages(60), Epochs(5), BatchSize(16), SaveEverySteps(1), Verbose(Silent),
		Run("nan"), Callbacks(explode))
	if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "epoch 3") ||
		!strings.Contains(err.Error(), "learning rate too high (it is 1e+30)") {
		t.Fatalf("got %v", err)
	}
	for _, v := range flat(t, m) {
		if v-v != 0 {
			t.Fatal("the model has weights that are no numbers")
		}
	}
	again, err := LoadRun("nan")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range flat(t, again) {
		if v-v != 0 {
			t.Fatal("the run has weights that are no numbers")
		}
	}
	if len(h.Epochs) != 2 || good == nil {
		t.Errorf("%d epochs", len(h.Epochs))
	}
}

// TestDeviceOutOfMemory trains a model whose activations take terabytes. The
// step fails after its weights were given away: Fit must bring them back.
func TestDeviceOutOfMemory(t *testing.T) {
	if !strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") {
		t.Skip("wants GOMLX_BACKEND=xla:…: the Go backend's memory is the process' own, and Go ends a process that " +
			"has none left")
	}
	m := Sequential("huge", Input(8, 8, 3), ZeroPadding2D(20000), Conv2D(4, 3), LeakyReLU(0.1), Conv2D(4, 3),
		GlobalAveragePooling2D(), Dense(4).Activation(Softmax))
	if err := m.Compile(Adam(0.1), CategoricalCrossEntropy); err != nil {
		t.Fatal(err)
	}
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	before := flat(t, m)
	_, err := m.Fit(t.Context(), smallImages(64), BatchSize(64), Verbose(Silent))
	if !errors.Is(err, ErrOutOfMemory) || !strings.Contains(err.Error(), "BatchSize below 64") {
		t.Errorf("Fit: %v", err)
	}
	if !slices.Equal(before, flat(t, m)) {
		t.Error("the weights were lost")
	}
	if _, err = m.Predict(t.Context(), smallImages(64)); !errors.Is(err, ErrOutOfMemory) {
		t.Errorf("Predict: %v", err)
	}
	if _, err = m.Evaluate(t.Context(), smallImages(64)); !errors.Is(err, ErrOutOfMemory) {
		t.Errorf("Evaluate: %v", err)
	}
}
