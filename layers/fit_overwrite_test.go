package layers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// onXLA skips unless the backend is XLA.
func onXLA(t testing.TB) {
	t.Helper()
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	if backend.Name() != "xla" {
		t.Skipf("the backend is %s; GOMLX_BACKEND=xla:PLUGIN tests XLA", backend.Name())
	}
}

// onXLACPU skips unless the backend is XLA's on the CPU.
func onXLACPU(t testing.TB) {
	t.Helper()
	if onXLA(t); !xla.IsCPU(testBackend(t)) {
		t.Skip("for XLA's CPU backend alone")
	}
}

func TestOverwritingChangesNoBit(t *testing.T) {
	onXLA(t)
	run := func(model func(testing.TB) *Model, noAliasing bool) []float32 {
		m := model(t)
		m.compiled.noAliasing = noAliasing
		if _, err := m.Fit(t.Context(), smallImages(90), Epochs(3), BatchSize(16), ValidationSplit(0.2),
			Verbose(Silent)); err != nil {
			t.Fatal(err)
		}
		var s snapshot
		if err := s.take(m); err != nil {
			t.Fatal(err)
		}
		return slices.Concat(append(slices.Clone(s.weights), s.slots...)...)
	}
	for name, model := range map[string]func(testing.TB) *Model{
		"dropout, statistics": dropoutModel,
		"convolution":         func(t testing.TB) *Model { return smallModel(t, false) },
	} {
		if !slices.Equal(run(model, false), run(model, true)) {
			t.Errorf("%s: weights or slots differ with and without", name)
		}
	}
}

// TestFailedStepLosesNothing lets a step fail after it was given the state's
// memory, another one before, and a fit between steps.
func TestFailedStepLosesNothing(t *testing.T) {
	m := smallModel(t, true)
	data, err := smallImages(50).upload(testBackend(t))
	if err != nil {
		t.Fatal(err)
	}
	defer data.Free()
	config, err := m.engineConfig(testBackend(t))
	if err != nil {
		t.Fatal(err)
	}
	config.Data, config.Examples, config.Batch, config.Devices = data, 50, 16, 1
	tr, err := engine.NewTrainer(config)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Free()
	var good snapshot
	if err := errors.Join(tr.Begin(make([]int32, 50), 0, nil), tr.Run(1), tr.Wait(), good.take(m)); err != nil {
		t.Fatal(err)
	}
	want := flat(t, m)
	labels := data.Targets[0]
	if data.Targets[0], err = engine.ToDevice(tr.Backend, make([]float32, 50),
		shapes.Make(dtypes.Float32, 50)); err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(1); err == nil {
		t.Fatal("a step with labels of a wrong type did not fail")
	}
	if !slices.Equal(flat(t, m), want) {
		t.Error("a step that does not compile changed weights")
	}
	engine.Release(data.Targets[0])
	data.Targets[0] = labels
	engine.Release(data.Values[0])
	if err := tr.Run(1); err == nil {
		t.Fatal("a step without images did not fail")
	}
	if err := good.restore(m); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flat(t, m), want) {
		t.Error("after a failed step the last good weights are not back")
	}

	stop := errors.New("stop")
	m = smallModel(t, true)
	want = flat(t, m)
	fail := &failAt{step: 2, err: stop}
	if _, err := m.Fit(t.Context(), smallImages(50), BatchSize(16), Callbacks(fail),
		Verbose(Silent)); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if !slices.Equal(flat(t, m), want) {
		t.Error("after a failed fit the weights are not those from before")
	}
	once := func() []float32 {
		if _, err := m.Fit(t.Context(), smallImages(50), BatchSize(16), Verbose(Silent)); err != nil {
			t.Fatal(err)
		}
		return flat(t, m)
	}
	after := once()
	m = smallModel(t, true)
	if !slices.Equal(after, once()) {
		t.Error("a fit after a failed one differs from a first fit")
	}
}

// failAt fails before a step.
type failAt struct {
	CallbackBase
	step int
	err  error
}

func (c *failAt) OnTrainBatchBegin(_ *Training, step int) error {
	if step == c.step {
		return c.err
	}
	return nil
}

func (c *failAt) OnTrainBatchEnd(*Training, int, Logs) error { return nil }

// TestInterruptedStepsKeepTheState ends a fit between two steps: what was
// trained so far stays.
func TestInterruptedStepsKeepTheState(t *testing.T) {
	m := smallModel(t, true)
	first := flat(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := m.Fit(ctx, smallImages(50), BatchSize(16), Callbacks(&cancelAt{step: 2, cancel: cancel}), Verbose(Silent))
	if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), "step 3") {
		t.Fatal(err)
	}
	if slices.Equal(flat(t, m), first) {
		t.Error("nothing is left of the steps before the interruption")
	}
}

type cancelAt struct {
	CallbackBase
	step   int
	cancel func()
}

func (c *cancelAt) OnTrainBatchBegin(*Training, int) error { return nil }

func (c *cancelAt) OnTrainBatchEnd(_ *Training, step int, _ Logs) error {
	if step == c.step-1 {
		c.cancel()
	}
	return nil
}
