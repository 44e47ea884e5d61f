package kerasfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// compiledModel is the golden model that is saved compiled.
const compiledModel = "branches"

// savedFiles saves each golden model in each format, and returns the paths by
// model and suffix.
func savedFiles(t *testing.T, dir string) map[string]map[string]string {
	t.Helper()
	files := map[string]map[string]string{}
	for _, name := range goldenModels {
		m, err := LoadModel(filepath.Join(dir, name+".keras"))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = map[string]string{}
		for _, suffix := range []string{".keras", ".h5", ".weights.h5", "_weights.hdf5"} {
			path := filepath.Join(dir, "saved_"+name+suffix)
			var err error
			switch {
			case strings.Contains(suffix, "weights"):
				err = SaveWeights(m, path)
			case name == compiledModel:
				_ = m.Compile(layers.Adamax(0.005), layers.CategoricalCrossEntropy, layers.Accuracy)
				err = SaveModel(m, path)
			default:
				err = SaveModel(m, path)
			}
			if err != nil {
				t.Fatal(err)
			}
			files[name][suffix] = path
		}
	}
	return files
}

func TestSaveAndLoad(t *testing.T) {
	dir, predictions := golden(t)
	for name, files := range savedFiles(t, dir) {
		for suffix, path := range files {
			t.Run(name+suffix, func(t *testing.T) {
				if strings.Contains(suffix, "weights") {
					m, err := LoadModel(filepath.Join(dir, name+".h5"))
					if err != nil {
						t.Fatal(err)
					}
					forget(t, m)
					if err := LoadWeights(m, path); err != nil {
						t.Fatal(err)
					}
					checkPrediction(t, m, predictions[name])
					return
				}
				m, err := LoadModel(path)
				if err != nil {
					t.Fatal(err)
				}
				checkPrediction(t, m, predictions[name])
			})
		}
	}
}

// TestSaveForKeras lets the real Keras open what was saved.
func TestSaveForKeras(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no python that has keras 3")
	}
	dir, predictions := golden(t)
	type entry struct {
		File string `json:"file"`
		Into string `json:"into,omitempty"`
		// What the model has to be compiled with.
		Optimizer map[string]any `json:"optimizer,omitempty"`
		Loss      string         `json:"loss,omitempty"`
		prediction
	}
	var manifest []entry
	for name, files := range savedFiles(t, dir) {
		for suffix, path := range files {
			e := entry{File: path, prediction: predictions[name]}
			switch suffix {
			case ".weights.h5":
				e.Into = files[".keras"]
			case "_weights.hdf5":
				e.Into = files[".h5"]
			default:
				if name == compiledModel {
					e.Optimizer = map[string]any{"class_name": "Adamax", "learning_rate": 0.005, "beta_2": 0.999}
					e.Loss = "categorical_crossentropy"
				}
			}
			manifest = append(manifest, e)
		}
	}
	runKeras(t, python, manifest)
}

func runKeras(t *testing.T, python string, manifest any) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.json")
	b, err := json.Marshal(manifest)
	if err == nil {
		err = os.WriteFile(path, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "testdata/check_with_keras.py", path).CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "Keras agrees") {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestSplitNames checks that long lists of names are split as Keras splits
// them: as few parts as fit, cut as numpy.array_split cuts.
func TestSplitNames(t *testing.T) {
	names := make([]string, 2500)
	for i := range names {
		names[i] = fmt.Sprintf("%060d", i)
	}
	var root hdf5.Tree
	setSplitTexts(&root, "layer_names", names)
	var b bytes.Buffer
	if _, err := root.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	f, err := hdf5.NewFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{834, 833, 833} {
		part, found, err := g.Texts(fmt.Sprint("layer_names", i))
		if err != nil || !found || len(part) != want {
			t.Errorf("part %d has %d names, found %v, %v; want %d", i, len(part), found, err, want)
		}
	}
	if got, err := joinedTexts(g, "layer_names"); err != nil || !slices.Equal(got, names) {
		t.Errorf("got %d names back, %v", len(got), err)
	}
}

func smallModel() *layers.Model {
	return layers.Sequential("small", layers.Input(4), layers.Dense(3), layers.BatchNormalization(), layers.Dense(2))
}

func TestSaveRefusesNames(t *testing.T) {
	m := smallModel()
	dir := t.TempDir()
	for _, err := range []error{
		SaveModel(m, filepath.Join(dir, "a.weights.h5")),
		SaveModel(m, filepath.Join(dir, "a.bin")),
		SaveWeights(m, filepath.Join(dir, "a.keras")),
		SaveModel(m, filepath.Join(dir, "no", "such", "folder.keras")),
		SaveModel(layers.Sequential("unbuilt", layers.Dense(1)), filepath.Join(dir, "a.keras")),
	} {
		if err == nil {
			t.Error("saved without an error")
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("files were left behind: %v", left)
	}
}

// TestWriteFileKeepsOld makes a writer fail half way: the old file must stay
// and nothing else.
func TestWriteFileKeepsOld(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.keras")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := wholefile.Write(path, func(w io.Writer) error {
		w.Write(make([]byte, 3<<20))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got error %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Errorf("the old file now holds %d bytes", len(b))
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files were left behind: %v", left)
	}
}
