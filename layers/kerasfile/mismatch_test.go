package kerasfile

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// values copies all weights of a model.
func values(t *testing.T, m *layers.Model) [][]float32 {
	t.Helper()
	var all [][]float32
	for _, v := range m.Variables() {
		flat, err := v.Flat()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, flat)
	}
	return all
}

func TestMismatch(t *testing.T) {
	saved := layers.Sequential("saved", layers.Input(4),
		layers.Dense(3).Named("a"), layers.BatchNormalization().Named("b"), layers.Dense(2).Named("c"))
	tests := []struct {
		name                       string
		model                      *layers.Model
		missing, unused, misshaped []string // of each entry, how it begins; for legacy files
	}{
		{
			name: "another width",
			model: layers.Sequential("m", layers.Input(4),
				layers.Dense(5).Named("a"), layers.BatchNormalization().Named("b"), layers.Dense(2).Named("c")),
			misshaped: []string{"a/kernel wants (4, 5), a/kernel has (4, 3)", "a/bias wants (5,)", "b/gamma", "b/beta",
				"b/moving_mean", "b/moving_variance", "c/kernel wants (5, 2)"},
		},
		{
			name:    "fewer and other layers",
			model:   layers.Sequential("m", layers.Input(4), layers.Dense(3).Named("a"), layers.Dense(2).Named("d")),
			missing: []string{"d/kernel (3, 2)", "d/bias (2,)"},
			unused:  []string{"b/gamma (3,)", "b/beta", "b/moving_mean", "b/moving_variance", "c/kernel (3, 2)", "c/bias"},
		},
		{
			name: "fewer weights in a layer",
			model: layers.Sequential("m", layers.Input(4),
				layers.Dense(3).WithoutBias().Named("a"), layers.BatchNormalization().Named("b"), layers.Dense(2).Named("c")),
			unused: []string{"a/bias (3,)"},
		},
		{
			name:    "another model",
			model:   layers.Sequential("m", layers.Input(7), layers.Dense(6).Named("x")),
			unused:  []string{"b/gamma", "b/beta", "b/moving_mean", "b/moving_variance", "c/kernel", "c/bias"},
			missing: nil, misshaped: []string{"x/kernel wants (7, 6), a/kernel has (4, 3)", "x/bias wants (6,)"},
		},
	}
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "saved.h5"), filepath.Join(dir, "saved.weights.h5")}
	for _, f := range files {
		if err := SaveWeights(saved, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range tests {
		for i, f := range files {
			t.Run(test.name+"/"+filepath.Base(f), func(t *testing.T) {
				if err := test.model.Initialize(); err != nil {
					t.Fatal(err)
				}
				before := values(t, test.model)
				err := LoadWeights(test.model, f)
				var bad *MismatchError
				if !errors.As(err, &bad) {
					t.Fatalf("got error %v, want a MismatchError", err)
				}
				for what, pair := range map[string][2][]string{
					"missing": {bad.Missing, test.missing}, "unused": {bad.Unused, test.unused},
					"shape": {bad.WrongShape, test.misshaped},
				} {
					got, want := pair[0], pair[1]
					if len(got) != len(want) {
						t.Errorf("%s: got %q, want %q", what, got, want)
						continue
					}
					for j := range want {
						if i == 0 && !strings.HasPrefix(got[j], want[j]) {
							t.Errorf("%s: got %q, want %q", what, got[j], want[j])
						}
						if !strings.Contains(err.Error(), got[j]) {
							t.Errorf("the error does not name %q: %v", got[j], err)
						}
					}
				}
				if !slices.EqualFunc(before, values(t, test.model), slices.Equal) {
					t.Error("the model's weights changed")
				}
			})
		}
	}
}

func TestPartialLoading(t *testing.T) {
	saved := layers.Sequential("saved", layers.Input(4), layers.Dense(3).Named("a"), layers.Dense(2).Named("top"))
	path := filepath.Join(t.TempDir(), "saved.weights.h5")
	if err := SaveWeights(saved, path); err != nil {
		t.Fatal(err)
	}
	want := values(t, saved)

	bottom := layers.Sequential("bottom", layers.Input(4), layers.Dense(3).Named("a"))
	forget(t, bottom)
	if err := LoadWeights(bottom, path); err == nil {
		t.Error("unused weights were no error")
	}
	if err := LoadWeights(bottom, path, AllowUnused()); err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(values(t, bottom), want[:2], slices.Equal) {
		t.Error("layer a was not loaded")
	}

	longer := layers.Sequential("longer", layers.Input(4), layers.Dense(3).Named("a"), layers.Dense(2).Named("top"),
		layers.Dense(1).Named("more"))
	forget(t, longer)
	more := values(t, longer)[4:]
	if err := LoadWeights(longer, path, AllowMissing()); err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(values(t, longer), slices.Concat(want, more), slices.Equal) {
		t.Error("layers a and top were not loaded, or more was changed")
	}

	renamed := layers.Sequential("renamed", layers.Input(4), layers.Dense(3).Named("x"), layers.Dense(2).Named("y"))
	if err := LoadWeights(renamed, path); err != nil {
		t.Errorf("by place: %v", err)
	}
	if err := LoadWeights(renamed, path, ByName()); err == nil {
		t.Error("ByName paired layers by their place")
	}
}

// TestNamesDecide loads layers that are the same but for their order: where
// all names are known, they count and not the places.
func TestNamesDecide(t *testing.T) {
	make := func(first, second string) *layers.Model {
		return layers.Sequential("m", layers.Input(3), layers.Dense(3).Named(first), layers.Dense(3).Named(second))
	}
	saved, swapped := make("a", "b"), make("b", "a")
	for _, name := range []string{"m.h5", "m.weights.h5"} {
		path := filepath.Join(t.TempDir(), name)
		if err := SaveWeights(saved, path); err != nil {
			t.Fatal(err)
		}
		if err := LoadWeights(swapped, path); err != nil {
			t.Fatal(err)
		}
		was, is := values(t, saved), values(t, swapped)
		if !slices.Equal(was[0], is[2]) || !slices.Equal(was[2], is[0]) {
			t.Errorf("%s: layers were not paired by name", name)
		}
	}
}
