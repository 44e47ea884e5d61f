package layers

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func resumable(m *Model, more ...Option) (*History, error) {
	return m.Fit(context.Background(), smallImages(100),
		append([]Option{Epochs(4), BatchSize(8), ValidationSplit(0.1), Seed(7), Verbose(Silent),
			SaveEverySteps(3), Callbacks(EarlyStopping("val_loss").Patience(50).RestoreBestWeights(),
				ReduceLROnPlateau("val_loss").Patience(1))}, more...)...)
}

// killer ends the process the hard way in the middle of an epoch.
type killer struct{ CallbackBase }

func (killer) OnTrainBatchBegin(*Training, int) error { return nil }

func (killer) OnTrainBatchEnd(t *Training, b int, _ Logs) error {
	if len(t.History.Epochs) == 1 && b == 7 {
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		time.Sleep(time.Minute)
	}
	return nil
}

func TestResumeAfterKill(t *testing.T) {
	if os.Getenv("LAYERS_TEST_KILL") == "1" {
		_, err := resumable(dropoutModel(t), Run("killed"), Callbacks(killer{}))
		t.Fatal("not killed", err)
	}
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	cmd := exec.Command(os.Args[0], "-test.run=^TestResumeAfterKill$")
	cmd.Env = append(os.Environ(), "LAYERS_TEST_KILL=1")
	if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child should have been killed: %v\n%s", err, out)
	}
	var log bytes.Buffer
	resumed, whole := dropoutModel(t), dropoutModel(t)
	h1, err := resumable(resumed, Run("killed"), LogTo(&log), Verbose(Lines))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "goes on at epoch 2, step 7") {
		t.Errorf("it did not resume in the middle of epoch 2:\n%s", log.String())
	}
	h2, err := resumable(whole)
	if err != nil {
		t.Fatal(err)
	}
	sameTraining(t, resumed, whole, h1, h2)
	loaded, err := LoadRun("killed")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flat(t, loaded), flat(t, whole)) {
		t.Error("LoadRun's weights differ")
	}
	if h, err := LoadHistory("killed"); err != nil || len(h.Epochs) != 4 {
		t.Errorf("LoadHistory: %v, %v", h, err)
	}
	if _, err := resumable(dropoutModel(t), Run("killed"), BatchSize(4)); !errors.Is(err, ErrRunConfig) {
		t.Errorf("another batch size: %v", err)
	}
	log.Reset()
	finished := dropoutModel(t)
	if _, err := resumable(finished, Run("killed"), LogTo(&log), Verbose(Lines)); err != nil ||
		!strings.Contains(log.String(), "complete") {
		t.Errorf("a finished run: %v, %s", err, log.String())
	}
	if len(finished.compiled.programs) > 0 || finished.Variables()[0].Value.IsOnAnyDevice() {
		t.Error("a finished run was made ready to train")
	}
	path := filepath.Join(os.Getenv("GOCIFAR_RUNS"), "killed", stateFile)
	data, _ := os.ReadFile(path)
	data[len(data)-5] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadRun("killed"); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a damaged run: %v", err)
	}
}

func TestInterruptThenResume(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	stop := OnEpochEnd(func(_ *Training, epoch int, _ Logs) error {
		if epoch == 1 {
			cancel()
		}
		return nil
	})
	m := dropoutModel(t)
	o := []Option{Epochs(3), BatchSize(8), Verbose(Silent), Run("i")}
	h, err := m.Fit(ctx, smallImages(60), append(o, Callbacks(stop))...)
	if !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.Canceled) || len(h.Epochs) != 2 {
		t.Fatalf("got %v and %v", h, err)
	}
	if h, err = dropoutModel(t).Fit(t.Context(), smallImages(60), o...); err != nil || len(h.Epochs) != 3 {
		t.Errorf("resuming: %v, %v", h, err)
	}
}

// sameTraining holds that a training that was resumed ended as one that was not.
func sameTraining(t *testing.T, resumed, whole *Model, h1, h2 *History) {
	t.Helper()
	if !slices.Equal(flat(t, resumed), flat(t, whole)) {
		t.Error("the resumed run's weights differ")
	}
	for name := range h2.Metrics {
		if !slices.Equal(h1.Metrics[name], h2.Metrics[name]) {
			t.Errorf("%s: %v after resuming, %v without", name, h1.Metrics[name], h2.Metrics[name])
		}
	}
}
