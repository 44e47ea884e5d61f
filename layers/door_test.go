package layers_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile"
)

// trainOwn trains some epochs and returns what they measured.
func trainOwn(t *testing.T, m *layers.Model, epochs int, more ...layers.Option) map[string][]float64 {
	t.Helper()
	h, err := m.Fit(t.Context(), ownExamples(), append([]layers.Option{layers.Epochs(epochs), layers.BatchSize(8),
		layers.Shuffle(false), layers.Verbose(layers.Silent)}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return h.Metrics
}

func newOwnModel(t *testing.T) *layers.Model {
	t.Helper()
	m, err := ownModel()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const otherProcess = "LAYERS_TEST_DOOR"

// elsewhere runs a test once more in another process, which gets what to do,
// and returns what it writes.
func elsewhere(t *testing.T, task string, env ...string) map[string][]float64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	answer := filepath.Join(t.TempDir(), "answer.json")
	cmd.Env = append(append(os.Environ(), otherProcess+"="+answer+"="+task), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var measured map[string][]float64
	text, err := os.ReadFile(answer)
	if err == nil {
		err = json.Unmarshal(text, &measured)
	}
	if err != nil {
		t.Fatal(err)
	}
	return measured
}

// task tells a process that elsewhere started what to do, and how to answer.
func task(t *testing.T) (task string, answer func(map[string][]float64)) {
	path, task, _ := strings.Cut(os.Getenv(otherProcess), "=")
	return task, func(measured map[string][]float64) {
		text, err := json.Marshal(measured)
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestOwnObjectsGoOnElsewhere: a user's layer, initializer, loss, metric and
// optimizer come back in another process from a .keras file, an .h5 file and a
// run, with their weights and slots: training goes on to the same bits.
func TestOwnObjectsGoOnElsewhere(t *testing.T) {
	if file, answer := task(t); file != "" {
		load := func(file string) (*layers.Model, error) { return kerasfile.LoadModel(file) }
		if file == "own" {
			load = layers.LoadRun
		}
		m, err := load(file)
		if err != nil {
			t.Fatal(err)
		}
		answer(trainOwn(t, m, 3))
		return
	}
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	dir := t.TempDir()
	m := newOwnModel(t)
	first := trainOwn(t, m, 2, layers.Run("own"))
	if first["loss"][1] >= first["loss"][0] || first["mean_squared_error"][1] >= first["mean_squared_error"][0] {
		t.Errorf("nothing was learned: %v", first)
	}
	whole, legacy := filepath.Join(dir, "own.keras"), filepath.Join(dir, "own.h5")
	for _, path := range []string{whole, legacy} {
		if err := kerasfile.SaveModel(m, path); err != nil {
			t.Fatal(err)
		}
	}
	weights := filepath.Join(dir, "own.weights.h5")
	if err := kerasfile.SaveWeights(m, weights); err != nil {
		t.Fatal(err)
	}
	want := trainOwn(t, m, 3)
	for _, from := range []string{whole, "own"} {
		if got := elsewhere(t, from); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\nwithout a stop: %v", from, got, want)
		}
	}
	// .h5 files and weights alone have no optimizer's state: as if compiled anew.
	m = newOwnModel(t)
	if err := kerasfile.LoadWeights(m, weights); err != nil {
		t.Fatal(err)
	}
	anew := trainOwn(t, m, 3)
	if got := elsewhere(t, legacy); !reflect.DeepEqual(got, anew) || reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v\nwith the weights alone: %v", legacy, got, anew)
	}
}

// TestOwnObjectsUnregistered: a program without the package that registers them
// is told what is missing.
func TestOwnObjectsUnregistered(t *testing.T) {
	if file, answer := task(t); file != "" {
		_, err := kerasfile.LoadModel(file)
		if err == nil || !strings.Contains(err.Error(), `layer "dense" (Dense): kernel_initializer: unknown initializer "own>Ramp"`) {
			t.Errorf("got %v", err)
		}
		answer(nil)
		return
	}
	path := filepath.Join(t.TempDir(), "own.keras")
	if err := kerasfile.SaveModel(newOwnModel(t), path); err != nil {
		t.Fatal(err)
	}
	elsewhere(t, path, "LAYERS_TEST_UNREGISTERED=1")
}

// TestOwnObjectsInKeras lets Keras train on with classes of the same registered
// names, and goes on here with what Keras saved.
func TestOwnObjectsInKeras(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no python that has keras 3")
	}
	for _, suffix := range []string{".keras", ".h5"} {
		m := newOwnModel(t)
		trainOwn(t, m, 2)
		path, saved := filepath.Join(t.TempDir(), "own"+suffix), filepath.Join(t.TempDir(), "keras.keras")
		if err := kerasfile.SaveModel(m, path); err != nil {
			t.Fatal(err)
		}
		m, err := kerasfile.LoadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		compare := func(got map[string][]float64) {
			t.Helper()
			for name, want := range trainOwn(t, m, 3) {
				for i, v := range want {
					if len(got[name]) != len(want) || math.Abs(got[name][i]-v) > 1e-5 {
						t.Errorf("%s: %s is %v in Keras, %v here", suffix, name, got[name], want)
						break
					}
				}
			}
		}
		out, err := exec.Command(python, "testdata/own_objects.py", path, "3", saved).Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
		}
		var history map[string][]float64
		if err := json.Unmarshal(out, &history); err != nil {
			t.Fatal(err)
		}
		compare(history)
		again, err := kerasfile.LoadModel(saved)
		if err != nil {
			t.Fatal(err)
		}
		compare(trainOwn(t, again, 3))
	}
}

// TestRegisterTwice: another Go package's name is refused, one's own replaced,
// as when a notebook's cell is run again.
func TestRegisterTwice(t *testing.T) {
	read := func(momentum float64) func(*layers.Settings) layers.Layer {
		return func(*layers.Settings) layers.Layer { return newScale(momentum, layers.Ones) }
	}
	for _, momentum := range []float64{0.25, 0.5} {
		layers.RegisterLayer("own>Twice", read(momentum))
		l, err := layers.FromConfig("own>Twice", map[string]any{})
		if err != nil || l.Config()["momentum"] != momentum {
			t.Errorf("registered with %g: %v, %v", momentum, l, err)
		}
	}
	defer func() {
		err, _ := recover().(error)
		if err == nil || !strings.Contains(err.Error(), `layers and github.com/gocifar/gocifar/layers_test both register the layer "Dense"`) {
			t.Errorf("Dense was registered again: %v", err)
		}
	}()
	layers.RegisterLayer("Dense", read(0))
}

// TestTargetsThatDoNotFit: the loss says so before anything is compiled.
func TestTargetsThatDoNotFit(t *testing.T) {
	for want, c := range map[string]struct {
		change func(*layers.Examples)
		loss   layers.Loss
	}{
		"mean_squared_error wants Targets of the outputs' shape (None, 3)": {func(e *layers.Examples) {
			e.TargetShape = []int{1, 3}
		}, layers.MeanSquaredError},
		"sparse_categorical_crossentropy wants Labels": {func(*layers.Examples) {}, layers.SparseCategoricalCrossEntropy},
		"want 64 numbers and no labels, got 96": {func(e *layers.Examples) {
			e.TargetShape = []int{2}
		}, layers.MeanSquaredError},
		"0 labels for 32 examples": {func(e *layers.Examples) { e.Targets = nil }, layers.MeanSquaredError},
	} {
		m, e := newOwnModel(t), ownExamples()
		c.change(e)
		if err := m.Compile(layers.SGD(0.1), c.loss); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Fit(t.Context(), e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
