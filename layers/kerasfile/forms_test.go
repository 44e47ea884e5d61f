package kerasfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// savedForms are files that models were saved as, and what check_with_keras.py
// has to know of each.
type savedForms struct{ manifest []map[string]any }

// add saves a model as .keras, .h5 and .weights.h5, opens each and checks what
// comes back; the weights come back into the model, which lost its own. Origin
// is the .keras file into which Keras loads the weights, and has the model's
// name. Want are the inputs and the output that Keras compares.
func (f *savedForms) add(t *testing.T, m *layers.Model, origin string, want map[string]any,
	check func(what string, again *layers.Model)) {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(origin), ".keras")
	for _, form := range []string{".keras", ".h5", ".weights.h5"} {
		path := filepath.Join(t.TempDir(), name+form)
		entry := map[string]any{"file": path}
		for key, value := range want {
			entry[key] = value
		}
		again, err := m, error(nil)
		if form == ".weights.h5" {
			entry["into"] = origin
			if err = SaveWeights(m, path); err == nil {
				forget(t, m)
				err = LoadWeights(m, path)
			}
		} else if err = SaveModel(m, path); err == nil {
			again, err = LoadModel(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		check(name+form, again)
		f.manifest = append(f.manifest, entry)
	}
}

// inKeras has Keras open the files and compare its predictions, where there is a
// Keras.
func (f *savedForms) inKeras(t *testing.T) {
	t.Helper()
	if python := os.Getenv("GOCIFAR_TEST_PYTHON"); python != "" {
		runKeras(t, python, f.manifest)
	}
}
