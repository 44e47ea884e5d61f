package layers_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile"
)

// equalNames has two models, themselves in a model, whose layers have the same
// names and shapes, so that only the models' names tell their weights apart.
func equalNames(t *testing.T) *layers.Model {
	t.Helper()
	inner := func(name string) *layers.Model {
		return layers.Sequential(name, layers.Input(4),
			layers.Dense(4).Activation(layers.Tanh).BiasInitializer(layers.RandomNormal(0, 1)))
	}
	m := layers.Sequential("outer", layers.Input(4),
		layers.Sequential("pair", layers.Input(4), inner("a"), inner("b")), layers.Dense(3))
	if err := m.Compile(layers.Adam(0.01), layers.MeanSquaredError); err != nil {
		t.Fatal(err)
	}
	return m
}

func predictOwn(t *testing.T, m *layers.Model) []float32 {
	t.Helper()
	rows, err := m.Predict(t.Context(), ownExamples())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(rows...)
}

// TestNestedModelsOfEqualNames saves and loads such a model in every form, and
// trains on.
func TestNestedModelsOfEqualNames(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	dir := t.TempDir()
	m := equalNames(t)
	trainOwn(t, m, 2, layers.Run("equal"))
	want := predictOwn(t, m)
	file := func(name string) string { return filepath.Join(dir, name) }
	into := func(load func(*layers.Model) error) func() (*layers.Model, error) {
		return func() (*layers.Model, error) {
			m := equalNames(t).Seed(1)
			return m, load(m)
		}
	}
	for name, c := range map[string]struct {
		save func() error
		load func() (*layers.Model, error)
	}{
		"checkpoint": {func() error {
			return m.SaveCheckpoint(file("c"))
		}, into(func(m *layers.Model) error { return m.LoadCheckpoint(file("c")) })},
		"run": {func() error { return nil }, func() (*layers.Model, error) { return layers.LoadRun("equal") }},
		".keras": {func() error { return kerasfile.SaveModel(m, file("m.keras")) }, func() (*layers.Model, error) {
			return kerasfile.LoadModel(file("m.keras"))
		}},
		".h5": {func() error { return kerasfile.SaveModel(m, file("m.h5")) }, func() (*layers.Model, error) {
			return kerasfile.LoadModel(file("m.h5"))
		}},
		".weights.h5": {func() error {
			return kerasfile.SaveWeights(m, file("w.weights.h5"))
		}, into(func(m *layers.Model) error { return kerasfile.LoadWeights(m, file("w.weights.h5")) })},
		"_weights.h5": {func() error {
			return kerasfile.SaveWeights(m, file("w_weights.h5"))
		}, into(func(m *layers.Model) error { return kerasfile.LoadWeights(m, file("w_weights.h5")) })},
	} {
		if err := c.save(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := c.load()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(predictOwn(t, again), want) {
			t.Errorf("%s brings other weights back", name)
		}
	}
	if python := os.Getenv("GOCIFAR_TEST_PYTHON"); python != "" {
		for _, name := range []string{"m.keras", "m.h5"} {
			saved := file("keras_" + name)
			out, err := exec.Command(python, "testdata/own_objects.py", file(name), "0", saved).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			again, err := kerasfile.LoadModel(saved)
			if err != nil || !slices.Equal(predictOwn(t, again), want) {
				t.Errorf("%s after Keras: other weights, %v", name, err)
			}
		}
	}
	// The resumed run trains on as the model that was never saved.
	resumed := equalNames(t)
	trainOwn(t, resumed, 3, layers.Run("equal"))
	trainOwn(t, m, 1)
	if !slices.Equal(predictOwn(t, resumed), predictOwn(t, m)) {
		t.Error("the resumed run has other weights")
	}
}

// TestFreezingOneOfTwoNames: a step compiled for one frozen model is no step for
// another of the same layers' names.
func TestFreezingOneOfTwoNames(t *testing.T) {
	m := equalNames(t)
	pair, err := m.GetLayer("pair")
	if err != nil {
		t.Fatal(err)
	}
	for _, frozen := range pair.(*layers.Model).Layers() {
		frozen.SetTrainable(false)
		kernel := frozen.Variables()[0]
		if err := m.InitializeMissing(); err != nil {
			t.Fatal(err)
		}
		before, err := kernel.Flat()
		if err != nil {
			t.Fatal(err)
		}
		trainOwn(t, m, 1)
		if after, err := kernel.Flat(); err != nil || !slices.Equal(before, after) {
			t.Errorf("the kernel of %s was trained though it is frozen, %v", frozen.Name(), err)
		}
		frozen.SetTrainable(true)
	}
}
