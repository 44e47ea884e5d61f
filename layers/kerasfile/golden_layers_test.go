package kerasfile

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gocifar/gocifar/layers"
)

// goldenArray is an array of a golden file of package layers.
type goldenArray struct{ peerdata.Array }

func (a goldenArray) values(t *testing.T) []float32 {
	t.Helper()
	out, err := a.Values()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// goldenLayer is a case of such a file, as far as files of models go.
type goldenLayer struct {
	Name      string         `json:"name"`
	Class     string         `json:"class"`
	Config    map[string]any `json:"config"`
	Training  bool           `json:"training"`
	Tolerance float64        `json:"tolerance"`
	Inputs    []goldenArray  `json:"inputs"`
	Weights   []goldenArray  `json:"weights"`
	Output    goldenArray    `json:"output"`
}

// fileable tells whether a case is about a layer that Keras on TensorFlow computes
// within 1e-5 on a CPU, where it has few convolutions and poolings with the
// channels first, and which Keras opens: it saves the factor f of a RandomShear as
// [-f, f] and wants numbers above 0, and makes a cycle of an Equalization, which
// returns its input.
func (c goldenLayer) fileable() bool {
	first := c.Config["data_format"] == "channels_first"
	model := c.Config["layers"] != nil && c.Class != "Pipeline"
	return !c.Training && c.Tolerance == 0 && !model && c.Class != "RandomShear" && c.Class != "Equalization" &&
		!(first && (strings.Contains(c.Class, "Conv") || strings.Contains(c.Class, "Pool")))
}

// TestGoldenLayersBothWays saves one model of all layers of a golden file in
// both formats, lets the real Keras open and compute it and save it again, and
// loads what Keras saved; where Keras cannot, what was saved here.
func TestGoldenLayersBothWays(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no python that has keras 3")
	}
	for _, family := range []string{"layers_conv.json", "layers_merging.json", "layers_preprocessing.json", "layers_conv_lstm.json",
		"layers_regularization.json", "layers_augmentation.json", "layers_distortion.json"} {
		t.Run(family, func(t *testing.T) {
			cases := fileableCases(t, filepath.Join("..", "testdata", family))
			dir := t.TempDir()
			list, err := json.Marshal(cases)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "cases.json"), list, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			m := modelOfCases(t, cases)
			for _, suffix := range []string{"keras", "h5"} {
				if err := SaveModel(m, filepath.Join(dir, "saved."+suffix)); err != nil {
					t.Fatal(err)
				}
			}
			args := []string{"testdata/check_layers.py", filepath.Join(dir, "cases.json"), dir, "keras"}
			again := map[string]string{"keras": "again.keras", "h5": "saved.h5"}
			// From an .h5 file Keras 3.15 cannot copy layers that change images
			// ("cannot pickle 'module' object"), and leaves out Normalization's axes.
			if !slices.Contains([]string{"layers_regularization.json", "layers_augmentation.json", "layers_distortion.json"},
				family) {
				args, again["h5"] = append(args, "h5"), "again.h5"
			}
			out, err := exec.Command(python, args...).CombinedOutput()
			if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "Keras agrees") {
				t.Fatalf("%v\n%s", err, out)
			}
			for suffix, file := range again {
				m, err := LoadModel(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				checkCases(t, suffix, m, cases)
			}
		})
	}
}

func fileableCases(t *testing.T, path string) []goldenLayer {
	t.Helper()
	var all, cases []goldenLayer
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.fileable() {
			cases = append(cases, c)
		}
	}
	return cases
}

// modelOfCases has the inputs of all cases and an output for each.
func modelOfCases(t *testing.T, cases []goldenLayer) *layers.Model {
	t.Helper()
	var in, out []layers.Symbol
	var made []layers.Layer
	for i, c := range cases {
		c.Config["name"] = fmt.Sprintf("case_%d", i)
		l, err := layers.FromConfig(c.Class, c.Config)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		var own []layers.Symbol
		for _, x := range c.Inputs {
			own = append(own, layers.Input(x.Shape[1:]...))
		}
		in, out, made = append(in, own...), append(out, l.Apply(own...)), append(made, l)
	}
	m := layers.Functional("golden", in, layers.Symbols(out))
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	for i, l := range made {
		for j, v := range l.Variables() {
			if err := v.SetFlat(cases[i].Weights[j].values(t)); err != nil {
				t.Fatalf("%s: %v", cases[i].Name, err)
			}
		}
	}
	return m
}

// checkCases compares what the model computes with the cases' outputs.
func checkCases(t *testing.T, suffix string, m *layers.Model, cases []goldenLayer) {
	t.Helper()
	var inputs []*tensors.Tensor
	for _, c := range cases {
		for _, x := range c.Inputs {
			inputs = append(inputs, tensors.FromFlatDataAndDimensions(x.values(t), x.Shape...))
		}
	}
	out := outputs(t, m, inputs...)
	worst := 0.0
	for i, c := range cases {
		got, largest, off := tensors.MustCopyFlatData[float32](out[i]), 0.0, 0.0
		for j, want := range c.Output.values(t) {
			largest = max(largest, math.Abs(float64(want)))
			off = max(off, math.Abs(float64(got[j]-want)))
		}
		if !(off <= 1e-5*largest) {
			t.Errorf("%s: %s is off by %.2g", suffix, c.Name, off/largest)
		}
		worst = max(worst, off/largest)
	}
	t.Logf("%s: %d layers, off by %.2g of the largest value", suffix, len(cases), worst)
}
