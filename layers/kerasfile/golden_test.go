package kerasfile

import (
	"archive/zip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/gomlx/gomlx/backends/default"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gocifar/gocifar/layers"
)

// goldenModels are the models of testdata/make_keras_files.py.
var goldenModels = []string{"every_layer", "branches", "nested", "keras2"}

// prediction is what Keras says of a batch.
type prediction struct {
	Shape  []int     `json:"shape"`
	Input  []float32 `json:"input"`
	Output []float32 `json:"output"`
}

// golden unpacks the files that Keras made into a folder of their own.
func golden(t testing.TB) (dir string, predictions map[string]prediction) {
	t.Helper()
	dir = unpackGolden(t, "testdata/golden.zip", "predictions.json", &predictions)
	return dir, predictions
}

// unpackGolden puts the files of an archive into a folder of their own, but for
// the one called figures, which it reads into the value that to points at.
func unpackGolden(t testing.TB, archive, figures string, to any) (dir string) {
	t.Helper()
	dir = t.TempDir()
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, m := range z.File {
		r, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if m.Name == figures {
			err = json.Unmarshal(b, to)
		} else {
			err = os.WriteFile(filepath.Join(dir, m.Name), b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func init() {
	if os.Getenv("GOMLX_BACKEND") == "" {
		_ = os.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
}

// predict runs the model on a batch.
func predict(t *testing.T, m *layers.Model, p prediction) []float32 {
	t.Helper()
	return forward(t, m, tensors.FromFlatDataAndDimensions(p.Input, p.Shape...))
}

// forward computes a model's first output.
func forward(t *testing.T, m *layers.Model, inputs ...*tensors.Tensor) []float32 {
	t.Helper()
	values, err := tensors.CopyFlatData[float32](outputs(t, m, inputs...)[0])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// outputs computes all outputs of a model.
func outputs(t *testing.T, m *layers.Model, inputs ...*tensors.Tensor) []*tensors.Tensor {
	t.Helper()
	backend, err := layers.Backend() // that of Fit
	if err != nil {
		t.Fatal(err)
	}
	variables := m.Variables()
	var args []any
	for _, x := range inputs {
		args = append(args, x)
	}
	for _, v := range variables {
		if v.Value == nil {
			t.Fatalf("%s has no value", v.Path)
		}
		args = append(args, v.Value)
	}
	exec, err := graph.NewExec(backend, func(nodes []*graph.Node) []*graph.Node {
		values := map[*layers.Variable]*graph.Node{}
		for i, v := range variables {
			values[v] = nodes[len(inputs)+i]
		}
		c := layers.NewPass(nodes[0].Graph(), false, func(v *layers.Variable) *graph.Node { return values[v] }, nil)
		return m.Forward(c, nodes[:len(inputs)]...)
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkPrediction compares with Keras, within 1e-5 relative to the largest
// value.
func checkPrediction(t *testing.T, m *layers.Model, p prediction) {
	t.Helper()
	got := predict(t, m, p)
	if len(got) != len(p.Output) {
		t.Fatalf("predicts %d values, Keras %d", len(got), len(p.Output))
	}
	worst, largest := 0.0, 0.0
	for i, want := range p.Output {
		worst = max(worst, math.Abs(float64(got[i]-want)))
		largest = max(largest, math.Abs(float64(want)))
	}
	t.Logf("off by %.2g relative", worst/largest)
	if !(worst <= 1e-5*largest) {
		t.Errorf("predicts %v, Keras %v: off by %.2g", got, p.Output, worst)
	}
}

// forget gives the model other weights, so that only loading can bring the
// right ones back.
func forget(t *testing.T, m *layers.Model) {
	t.Helper()
	if err := m.Seed(99).Initialize(); err != nil {
		t.Fatal(err)
	}
}
