package layers

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// worsening makes the watched value best in the second epoch.
var worsening = OnEpochEnd(func(_ *Training, epoch int, logs Logs) error {
	logs["val_loss"] = []float64{1, 0.5, 0.7, 0.9}[epoch]
	return nil
})

// TestModelCheckpointKeepsTheBestEpoch: the file has the weights of the epoch
// that was best, not of the last.
func TestModelCheckpointKeepsTheBestEpoch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "best.safetensors")
	var second []float32
	m := smallModel(t, true)
	remember := OnEpochEnd(func(tr *Training, epoch int, _ Logs) error {
		if epoch == 1 {
			second = flat(t, tr.Model)
		}
		return nil
	})
	_, err := m.Fit(t.Context(), smallImages(60), Epochs(4), BatchSize(16), ValidationSplit(0.2), Verbose(Silent),
		Callbacks(worsening, ModelCheckpoint(path), remember))
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(flat(t, m), second) {
		t.Fatal("the last epoch's weights equal the second's: the test shows nothing")
	}
	again := smallModel(t, true)
	if err := again.LoadCheckpoint(path); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flat(t, again), second) {
		t.Error("the checkpoint has not the best epoch's weights")
	}
}

func TestLoadCheckpointRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.safetensors")
	if err := smallModel(t, false).SaveCheckpoint(path); err != nil {
		t.Fatal(err)
	}
	other := dropoutModel(t)
	if err := other.Initialize(); err != nil {
		t.Fatal(err)
	}
	before := flat(t, other)
	err := other.LoadCheckpoint(path)
	for _, want := range []string{"conv2d/kernel is in no layer", "batch_normalization/gamma is missing",
		"dense/kernel has shape [64 8], want [192 8]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("weights of another model: %v, want %q", err, want)
		}
	}
	if !slices.Equal(before, flat(t, other)) {
		t.Error("the model changed")
	}
	if err := os.WriteFile(path, []byte("no state"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := other.LoadCheckpoint(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file of another kind: %v", err)
	}
	if err := other.LoadCheckpoint(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

// TestEarlyStoppingRestoresTheBestEpoch: the weights come back in memory.
func TestEarlyStoppingRestoresTheBestEpoch(t *testing.T) {
	var second []float32
	m := smallModel(t, false)
	remember := OnEpochEnd(func(tr *Training, epoch int, _ Logs) error {
		if epoch == 1 {
			second = flat(t, tr.Model)
		}
		return nil
	})
	h, err := m.Fit(t.Context(), smallImages(60), Epochs(10), BatchSize(16), ValidationSplit(0.2), Verbose(Silent),
		Callbacks(worsening, remember, EarlyStopping("val_loss").Patience(2).RestoreBestWeights()))
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Epochs) != 4 || !strings.Contains(h.Note, "early stopping") {
		t.Errorf("stopped after %d epochs, %q", len(h.Epochs), h.Note)
	}
	if !slices.Equal(flat(t, m), second) {
		t.Error("the weights are not the best epoch's")
	}
}

// TestLoadRunKeepsFrozenLayers: GoMLX's own checkpoints lose it.
func TestLoadRunKeepsFrozenLayers(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	m := smallModel(t, true)
	frozen, err := m.GetLayer("conv2d")
	if err != nil {
		t.Fatal(err)
	}
	frozen.SetTrainable(false)
	before, err := frozen.Variables()[0].Flat()
	if err != nil {
		t.Fatal(err)
	}
	o := []Option{Epochs(2), BatchSize(16), Verbose(Silent), Run("frozen")}
	if _, err := m.Fit(t.Context(), smallImages(40), o...); err != nil {
		t.Fatal(err)
	}
	again, err := LoadRun("frozen")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(again.TrainableVariables()), len(m.TrainableVariables()); got != want {
		t.Errorf("%d trainable variables came back, want %d", got, want)
	}
	if _, err := again.Fit(t.Context(), smallImages(40), Epochs(1), Verbose(Silent)); err != nil {
		t.Fatal(err)
	}
	frozen, _ = again.GetLayer("conv2d")
	if after, _ := frozen.Variables()[0].Flat(); !slices.Equal(before, after) {
		t.Error("a frozen kernel was trained")
	}
}
