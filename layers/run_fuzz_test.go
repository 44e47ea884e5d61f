package layers

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRun feeds a run's directory with any bytes: loading it ends with a model or
// an error, and takes no more memory than the files' sizes allow.
func FuzzRun(f *testing.F) {
	f.Setenv("GOCIFAR_RUNS", f.TempDir())
	m := Sequential("m", Input(3), Dense(2).Activation(Softmax))
	if err := m.Compile(Adamax(0.005), CategoricalCrossEntropy, Accuracy); err != nil {
		f.Fatal(err)
	}
	if _, err := m.Fit(f.Context(), smallExamples(6, 3, 2), Epochs(1), BatchSize(3), Run("seed"),
		Verbose(Silent)); err != nil {
		f.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(os.Getenv("GOCIFAR_RUNS"), "seed", name))
		if err != nil {
			f.Fatal(err)
		}
		return data
	}
	state, config := read(stateFile), read(configFile)
	f.Add(state, config)
	f.Add(state[:len(state)/2], config)
	f.Add(state, []byte(`{"model": {}}`))
	f.Add([]byte{}, []byte(`null`))
	f.Fuzz(func(t *testing.T, state, config []byte) {
		t.Setenv("GOCIFAR_RUNS", t.TempDir())
		dir := filepath.Join(os.Getenv("GOCIFAR_RUNS"), "r")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{stateFile: state, configFile: config} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		history, historyErr := LoadHistory("r")
		if historyErr == nil && history == nil {
			t.Error("neither a history nor an error")
		}
		if model, err := LoadRun("r"); err == nil && (model == nil || historyErr != nil) {
			t.Errorf("a model without a history: %v", historyErr)
		}
	})
}

// smallExamples are rows of numbers with labels.
func smallExamples(n, width, classes int) *Examples {
	e := &Examples{Shape: []int{width}, Classes: classes}
	for i := range n {
		for j := range width {
			e.Floats = append(e.Floats, float32(i*j)/10)
		}
		e.Labels = append(e.Labels, int32(i%classes))
	}
	return e
}
