package kerasfile

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gocifar/gocifar/layers"
)

// trainedModels are testdata/go_on_training.py's, one for each optimizer.
var trainedModels = []string{"adamax", "adam", "adam_amsgrad", "sgd", "sgd_momentum", "rmsprop"}

// goneOn is what 2 epochs more give.
type goneOn struct {
	Loss    []float64   `json:"loss"`
	Weights [][]float64 `json:"weights"`
}

// trainingImages are the script's.
func trainingImages() *layers.Examples {
	e := &layers.Examples{Shape: []int{6, 6, 2}, Classes: 4, Floats: peerdata.Formula(40 * 72)}
	for i := range 40 {
		e.Labels = append(e.Labels, int32(i*7%4))
	}
	return e
}

// goOn trains a model for 2 epochs as the script does.
func goOn(t *testing.T, m *layers.Model) goneOn {
	t.Helper()
	h, err := m.Fit(t.Context(), trainingImages(), layers.BatchSize(8), layers.Epochs(2), layers.Shuffle(false),
		layers.Verbose(layers.Silent))
	if err != nil {
		t.Fatal(err)
	}
	out := goneOn{Loss: h.Metrics["loss"]}
	for _, v := range m.Variables() {
		values, err := v.Flat()
		if err != nil {
			t.Fatal(err)
		}
		var wide []float64
		for _, x := range values {
			wide = append(wide, float64(x))
		}
		out.Weights = append(out.Weights, wide)
	}
	return out
}

// compareTraining compares losses and weights, both within 1e-5: absolute,
// since the weights are below 1 and the losses about 1.
func compareTraining(t *testing.T, got, want goneOn) {
	t.Helper()
	if len(got.Weights) != len(want.Weights) || len(got.Loss) != 2 || len(want.Loss) != 2 {
		t.Fatalf("%d weights and %d losses, want %d and %d", len(got.Weights), len(got.Loss),
			len(want.Weights), len(want.Loss))
	}
	worst := 0.0
	for i := range want.Loss {
		worst = max(worst, math.Abs(got.Loss[i]-want.Loss[i]))
	}
	for i, w := range want.Weights {
		for j := range w {
			worst = max(worst, math.Abs(got.Weights[i][j]-w[j]))
		}
	}
	t.Logf("largest difference of a loss or weight after 2 epochs more: %.2g", worst)
	if !(worst <= 1e-5) {
		t.Errorf("losses %v, want %v", got.Loss, want.Loss)
	}
}

// TestGoOnTrainingFromKeras loads models that Keras trained, with the
// optimizer's state, and trains on.
func TestGoOnTrainingFromKeras(t *testing.T) {
	dir, expected := trainedFiles(t)
	for _, name := range trainedModels {
		for _, suffix := range []string{".keras", ".h5"} {
			t.Run(name+suffix, func(t *testing.T) {
				m, err := LoadModel(filepath.Join(dir, name+suffix))
				if err != nil {
					t.Fatal(err)
				}
				state, err := m.OptimizerState()
				if err != nil || state == nil || state.Iterations != 10 {
					t.Fatalf("the optimizer's state is %+v, %v", state, err)
				}
				compareTraining(t, goOn(t, m), expected[name])
			})
		}
	}
}

func trainedFiles(t *testing.T) (dir string, expected map[string]goneOn) {
	t.Helper()
	dir = unpackGolden(t, "testdata/trained.zip", "expected.json", &expected)
	return dir, expected
}

// trainedHere trains the models of Keras' files on and saves them.
func trainedHere(t *testing.T) (files []string, expected map[string]goneOn) {
	t.Helper()
	from, _ := trainedFiles(t)
	dir := t.TempDir()
	expected = map[string]goneOn{}
	for _, name := range trainedModels {
		m, err := LoadModel(filepath.Join(from, name+".keras"))
		if err != nil {
			t.Fatal(err)
		}
		goOn(t, m)
		path := filepath.Join(dir, name+".keras")
		if err := SaveModel(m, path); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
		expected[path] = goOn(t, m)
	}
	return files, expected
}

// TestGoOnTrainingOwnFiles: what was saved here trains on here to the same
// bits.
func TestGoOnTrainingOwnFiles(t *testing.T) {
	files, expected := trainedHere(t)
	for _, path := range files {
		m, err := LoadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		got, want := goOn(t, m), expected[path]
		for i, w := range want.Weights {
			for j := range w {
				if got.Weights[i][j] != w[j] {
					t.Fatalf("%s: weight %d of variable %d is %v, without saving %v", path, j, i, got.Weights[i][j], w[j])
				}
			}
		}
	}
}

// TestGoOnTrainingInKeras lets Keras train on what was trained and saved here.
func TestGoOnTrainingInKeras(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no python that has keras 3")
	}
	files, expected := trainedHere(t)
	m, err := LoadModel(files[0])
	if err != nil {
		t.Fatal(err)
	}
	legacy := filepath.Join(t.TempDir(), "legacy.h5")
	if err := SaveModel(m, legacy); err != nil {
		t.Fatal(err)
	}
	if err := m.Compile(m.Optimizer(), layers.CategoricalCrossEntropy); err != nil { // an .h5 file has no optimizer's state
		t.Fatal(err)
	}
	files, expected[legacy] = append(files, legacy), goOn(t, m)
	out := filepath.Join(t.TempDir(), "out.json")
	cmd := exec.Command(python, append([]string{"testdata/go_on_training.py", "check", out}, files...)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	} else if strings.Contains(string(text), "freshly initialized") ||
		strings.Contains(string(text), "Skipping variable loading") {
		t.Errorf("Keras did not take the optimizer's state:\n%s", text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]goneOn{}
	if err := json.Unmarshal(b, &results); err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) { compareTraining(t, results[path], expected[path]) })
	}
}

// TestUnsupportedCompilation: a model whose training is not supported here is
// good for everything else, and says why it does not train.
func TestUnsupportedCompilation(t *testing.T) {
	dir, predictions := golden(t)
	for _, suffix := range []string{".keras", ".h5"} {
		m, err := LoadModel(filepath.Join(dir, "nested"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		if m.CompileFromConfig(map[string]any{"optimizer": "sgd", "loss": "guess"}) == nil {
			t.Error("compiled with a loss that is not known")
		}
		checkPrediction(t, m, predictions["nested"])
		if _, err := m.Fit(t.Context(), trainingImages()); err == nil || !strings.Contains(err.Error(), `unknown loss "guess"`) {
			t.Errorf("%s: Fit says %v", suffix, err)
		}
		if err := m.Compile(layers.SGD(0.1), layers.CategoricalCrossEntropy); err != nil {
			t.Error(err)
		}
	}
}

// TestWithoutOptimizer: the file says nothing about training.
func TestWithoutOptimizer(t *testing.T) {
	from, _ := trainedFiles(t)
	m, err := LoadModel(filepath.Join(from, "adam.keras"))
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{".keras", ".h5"} {
		path := filepath.Join(t.TempDir(), "m"+suffix)
		if err := SaveModel(m, path, WithoutOptimizer()); err != nil {
			t.Fatal(err)
		}
		again, err := LoadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		if again.Optimizer() != nil {
			t.Errorf("%s brought the optimizer %v back", suffix, again.Optimizer())
		}
	}
}

// TestOptimizerStateOfAnotherModel: slots that do not fit are refused, and the
// model keeps its own state.
func TestOptimizerStateOfAnotherModel(t *testing.T) {
	from, _ := trainedFiles(t)
	adam, err := LoadModel(filepath.Join(from, "adam.keras"))
	if err != nil {
		t.Fatal(err)
	}
	rms, err := LoadModel(filepath.Join(from, "rmsprop.keras"))
	if err != nil {
		t.Fatal(err)
	}
	state, err := rms.OptimizerState()
	if err != nil {
		t.Fatal(err)
	}
	if err := adam.SetOptimizerState(state); err == nil || !strings.Contains(err.Error(), "wants 12 slots") {
		t.Errorf("another optimizer's state: %v", err)
	}
	state, _ = adam.OptimizerState()
	state.Slots[2].Shape = layers.Shape{3}
	if err := adam.SetOptimizerState(state); err == nil || !strings.Contains(err.Error(), "conv2d/bias") {
		t.Errorf("a slot of another shape: %v", err)
	}
	if state, err := adam.OptimizerState(); err != nil || state.Iterations != 10 {
		t.Errorf("the state is now %+v, %v", state, err)
	}
}
