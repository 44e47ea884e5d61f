package layers

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
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

// aliasedBytes is what XLA itself says about a compiled graph: how many bytes
// of results lie over arguments.
func aliasedBytes(t *testing.T, g *graph.Graph) int64 {
	t.Helper()
	v := reflect.ValueOf(g).Elem()
	for _, name := range []string{"executable", "exec", "OnDeviceMemoryUsageStats", "Aliases"} {
		for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v = v.FieldByName(name); !v.IsValid() {
			t.Fatalf("go-xla keeps no %s any more", name)
		}
	}
	return v.Int()
}

// TestStepOverwritesItsState trains a model with statistics for two epochs and
// looks at the compiled step: all state that it replaces must be overwritten.
func TestStepOverwritesItsState(t *testing.T) {
	onXLA(t)
	for _, noAliasing := range []bool{false, true} {
		m := dropoutModel(t)
		m.compiled.noAliasing = noAliasing
		data, err := upload(testBackend(t), smallImages(50))
		if err != nil {
			t.Fatal(err)
		}
		defer data.free()
		tr, err := newTrainer(m, data, 50, 16, 1, 1, nil)
		if err == nil {
			err = tr.begin(make([]int32, 50), 0, nil)
		}
		if err == nil {
			err = errors.Join(tr.run(1), tr.wait())
		}
		if err != nil {
			t.Fatal(err)
		}
		defer tr.free()
		want := int64(0)
		list := tr.args().list()
		var argShapes []shapes.Shape
		for i, tensor := range list {
			argShapes = append(argShapes, tensor.Shape())
			if i >= tr.args().fixed() {
				want += int64(tensor.Shape().ByteSize())
			}
		}
		g, err := tr.exec.Compile(argShapes...)
		if err != nil {
			t.Fatal(err)
		}
		got := aliasedBytes(t, g)
		t.Logf("noAliasing %t: %d bytes of %d overwritten", noAliasing, got, want)
		if noAliasing && got != 0 || !noAliasing && got != want {
			t.Errorf("noAliasing %t: XLA overwrites %d bytes, want %d", noAliasing, got, want)
		}
	}
}

func TestOverwritingChangesNoBit(t *testing.T) {
	onXLA(t)
	run := func(model func(testing.TB) *Model, noAliasing bool) []float32 {
		m := model(t)
		m.compiled.noAliasing = noAliasing
		if _, err := m.Fit(t.Context(), smallImages(90), Epochs(3), BatchSize(16), ValidationSplit(0.2), Verbose(Silent)); err != nil {
			t.Fatal(err)
		}
		var s snapshot
		if err := s.take(m); err != nil {
			t.Fatal(err)
		}
		return slices.Concat(append(slices.Clone(s.weights), slices.Concat(s.slots...)...)...)
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
	data, err := upload(testBackend(t), smallImages(50))
	if err != nil {
		t.Fatal(err)
	}
	defer data.free()
	tr, err := newTrainer(m, data, 50, 16, 1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.free()
	var good snapshot
	if err := errors.Join(tr.begin(make([]int32, 50), 0, nil), tr.run(1), tr.wait(), good.take(m)); err != nil {
		t.Fatal(err)
	}
	want := flat(t, m)
	labels := data.targets
	if data.targets, err = toDevice(tr.backend, make([]float32, 50), shapes.Make(dtypes.Float32, 50)); err != nil {
		t.Fatal(err)
	}
	if err := tr.run(1); err == nil {
		t.Fatal("a step with labels of a wrong type did not fail")
	}
	if !slices.Equal(flat(t, m), want) {
		t.Error("a step that does not compile changed weights")
	}
	release(data.targets)
	data.targets = labels
	release(data.values)
	if err := tr.run(1); err == nil {
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
	if _, err := m.Fit(t.Context(), smallImages(50), BatchSize(16), Callbacks(fail), Verbose(Silent)); !errors.Is(err, stop) {
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
