package layers

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// The golden files hold what real Keras computes; testdata/make_golden.py makes
// them and says with which versions.

// TestGoldenFilesAreKeras computes the golden files anew where there is a real
// Keras: GOCIFAR_TEST_PYTHON names a python that has it.
func TestGoldenFilesAreKeras(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no python that has keras 3")
	}
	if out, err := exec.Command(python, "testdata/make_golden.py", "-check").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// goldenArray is a float32 array in a golden file.
type goldenArray struct {
	Shape []int
	Data  string
}

func (a goldenArray) values(t *testing.T) []float32 {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(a.Data)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

func (a goldenArray) tensor(t *testing.T) *tensors.Tensor {
	t.Helper()
	return tensors.FromFlatDataAndDimensions(a.values(t), a.Shape...)
}

// readGolden decodes a golden file.
func readGolden(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// checkClose compares with a golden array: shapes exactly, values within 1e-5
// of the array's largest one.
func checkClose(t *testing.T, what string, got *tensors.Tensor, want goldenArray) {
	t.Helper()
	if !reflect.DeepEqual(got.Shape().Dimensions, want.Shape) {
		t.Errorf("%s has shape %v, Keras' has %v", what, got.Shape().Dimensions, want.Shape)
		return
	}
	compare(t, what, tensors.MustCopyFlatData[float32](got), want.values(t), 1e-5)
}

func compare(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	largest := 1e-3
	for _, v := range want {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i := range want {
		// written so that NaN fails
		if diff := math.Abs(float64(got[i]) - float64(want[i])); !(diff <= tolerance*largest) {
			t.Errorf("%s[%d] = %g, Keras has %g (off by %.1e of the largest)", what, i, got[i], want[i], diff/largest)
			return
		}
	}
}

// passResult is what one pass through a model gives.
type passResult struct {
	outputs, inputGrads, weightGrads []*tensors.Tensor
	updates                          map[*Variable]*tensors.Tensor
}

// pass runs a model forward and back: the gradient of the sum of
// output*upstream with respect to inputs and trainable variables.
func pass(t *testing.T, m *Model, training bool, in, upstream []*tensors.Tensor) passResult {
	t.Helper()
	variables, trainable := m.Variables(), m.TrainableVariables()
	args := []any{uint32(7)}
	for _, v := range variables {
		args = append(args, v.Value)
	}
	for _, x := range append(in, upstream...) {
		args = append(args, x)
	}
	var updated []*Variable
	run, err := graph.NewExec(testBackend(t), func(nodes []*graph.Node) []*graph.Node {
		byVariable := map[*Variable]*graph.Node{}
		for i, v := range variables {
			byVariable[v] = nodes[1+i]
		}
		xs := nodes[1+len(variables):][:len(in)]
		ups := nodes[1+len(variables)+len(in):]
		c := NewCall(nodes[0].Graph(), training, func(v *Variable) *graph.Node { return byVariable[v] }, nodes[0])
		out := m.Forward(c, xs...)
		var total *graph.Node
		for i, y := range out {
			sum := graph.ReduceAllSum(graph.Mul(y, ups[i]))
			if total == nil {
				total = sum
			} else {
				total = graph.Add(total, sum)
			}
		}
		of := append([]*graph.Node{}, xs...)
		for _, v := range trainable {
			of = append(of, byVariable[v])
		}
		out = append(out, graph.Gradient(total, of...)...)
		updated = nil
		for _, u := range c.Updates() {
			updated = append(updated, u.Variable)
			out = append(out, u.Value)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Finalize()
	all, err := run.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	take := func(n int) []*tensors.Tensor {
		head := all[:n]
		all = all[n:]
		return head
	}
	r := passResult{outputs: take(len(upstream)), inputGrads: take(len(in)), weightGrads: take(len(trainable)),
		updates: map[*Variable]*tensors.Tensor{}}
	for i, v := range updated {
		r.updates[v] = all[i]
	}
	return r
}

func TestLayersEqualKeras(t *testing.T) {
	var cases []struct {
		Name, Class  string
		Config       map[string]any
		Training     bool
		Inputs       []goldenArray
		Weights      []goldenArray
		Upstream     goldenArray
		Output       goldenArray
		InputGrads   []goldenArray `json:"input_grads"`
		WeightGrads  []goldenArray `json:"weight_grads"`
		WeightsAfter []goldenArray `json:"weights_after"`
	}
	readGolden(t, "layers.json", &cases)
	if len(cases) < 70 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			layer, err := FromConfig(c.Class, c.Config)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := asJSON(t, layer.Config()), c.Config; !reflect.DeepEqual(got, want) {
				t.Errorf("configuration:\n got %v\nwant %v", got, want)
			}
			var in []Symbol
			var xs []*tensors.Tensor
			for _, x := range c.Inputs {
				in = append(in, Input(x.Shape[1:]...))
				xs = append(xs, x.tensor(t))
			}
			y := layer.Apply(in...)
			m := Functional("", in, Symbols{y})
			if m.Err() != nil {
				t.Fatal(m.Err())
			}
			if !y.Shape().Equal(Shape(c.Output.Shape[1:])) {
				t.Errorf("OutputShape says %v, Keras %v", y.Shape(), c.Output.Shape)
			}
			variables := m.Variables()
			if len(variables) != len(c.Weights) {
				t.Fatalf("%d variables, Keras has %d", len(variables), len(c.Weights))
			}
			for i, v := range variables {
				if err := v.Set(c.Weights[i].tensor(t)); err != nil {
					t.Fatal(err)
				}
			}
			got := pass(t, m, c.Training, xs, []*tensors.Tensor{c.Upstream.tensor(t)})
			checkClose(t, "output", got.outputs[0], c.Output)
			for i, g := range got.inputGrads {
				checkClose(t, "gradient of the input", g, c.InputGrads[i])
			}
			if len(got.weightGrads) != len(c.WeightGrads) {
				t.Fatalf("%d trainable variables, Keras has %d", len(got.weightGrads), len(c.WeightGrads))
			}
			for i, g := range got.weightGrads {
				checkClose(t, "gradient of "+m.TrainableVariables()[i].Name, g, c.WeightGrads[i])
			}
			for i, v := range variables {
				after := v.Value
				if u := got.updates[v]; u != nil {
					after = u
				}
				checkClose(t, v.Name+" after the step", after, c.WeightsAfter[i])
			}
		})
	}
}

// formula is make_golden.py's formula: weights and pixels that need no file.
func formula(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(float64(uint32(i)*2654435761)/(1<<31) - 1)
	}
	return out
}

// formulaWeights is make_golden.py's set_formula_weights.
func formulaWeights(v *Variable) []float32 {
	w := formula(v.Shape.Size())
	in, out := fans(v.Shape)
	for i, x := range w {
		switch {
		case len(v.Shape) > 1:
			w[i] = x * float32(math.Sqrt(6/(in+out)))
		case v.Name == "moving_variance" || v.Name == "gamma":
			w[i] = 1 + x/4
		default:
			w[i] = x / 10
		}
	}
	return w
}

// goldenModel is one model of models.json.
type goldenModel struct {
	Config  map[string]any
	Batch   int
	Layers  []string
	Weights []struct {
		Path      string
		Shape     Shape
		Trainable bool
	}
	Outputs   []goldenArray
	Gradients []struct {
		Norm  float64
		First goldenArray
	}
}

func goldenModels(t *testing.T) map[string]goldenModel {
	t.Helper()
	models := map[string]goldenModel{}
	readGolden(t, "models.json", &models)
	return models
}

func TestModelsEqualKeras(t *testing.T) {
	for name, c := range goldenModels(t) {
		t.Run(name, func(t *testing.T) {
			m, err := ModelFromConfig(c.Config)
			if err != nil {
				t.Fatal(err)
			}
			var layers []string
			for _, l := range m.Layers() {
				layers = append(layers, l.Name())
			}
			if !reflect.DeepEqual(layers, c.Layers) {
				t.Errorf("layers:\n got %v\nwant %v", layers, c.Layers)
			}
			if len(m.Variables()) != len(c.Weights) {
				t.Fatalf("%d variables, Keras has %d", len(m.Variables()), len(c.Weights))
			}
			for i, v := range m.Variables() {
				if want := c.Weights[i]; !strings.HasSuffix("/"+want.Path, "/"+v.Path) || !v.Shape.Equal(want.Shape) || v.Trainable != want.Trainable {
					t.Errorf("variable %d is %s %v %v, Keras has %+v", i, v.Path, v.Shape, v.Trainable, want)
				}
				if err := v.SetFlat(formulaWeights(v)); err != nil {
					t.Fatal(err)
				}
			}
			var in, upstream []*tensors.Tensor
			for _, x := range m.Inputs() {
				dims := append([]int{c.Batch}, x.Shape()...)
				in = append(in, tensors.FromFlatDataAndDimensions(formula(Shape(dims).Size()), dims...))
			}
			for _, y := range c.Outputs {
				upstream = append(upstream, tensors.FromFlatDataAndDimensions(formula(Shape(y.Shape).Size()), y.Shape...))
			}
			got := pass(t, m, false, in, upstream)
			for i, y := range c.Outputs {
				checkClose(t, "output", got.outputs[i], y)
			}
			for i, g := range got.weightGrads {
				path := m.TrainableVariables()[i].Path
				values := tensors.MustCopyFlatData[float32](g)
				var norm float64
				for _, v := range values {
					norm += float64(v) * float64(v)
				}
				norm = math.Sqrt(norm)
				want := c.Gradients[i]
				if math.Abs(norm-want.Norm) > 1e-5*want.Norm {
					t.Errorf("gradient of %s has norm %g, Keras %g", path, norm, want.Norm)
				}
				first := want.First.values(t)
				largest := want.Norm / math.Sqrt(float64(len(values)))
				for j, v := range first {
					if diff := math.Abs(float64(values[j] - v)); diff > 1e-4*math.Max(largest, math.Abs(float64(v))) {
						t.Errorf("gradient of %s[%d] = %g, Keras %g", path, j, values[j], v)
						break
					}
				}
			}
		})
	}
}

func TestModelConfigEqualsKeras(t *testing.T) {
	for name, c := range goldenModels(t) {
		m, err := ModelFromConfig(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		got, want := asJSON(t, m.KerasConfig()), c.Config
		dropKey(want, "compile_config")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s", name, firstDifference("", got, want))
		}
	}
}

// firstDifference says where two JSON values differ.
func firstDifference(path string, got, want any) string {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for key := range w {
			if _, ok := g[key]; !ok {
				return fmt.Sprintf("%s: lacks %s", path, key)
			}
			if d := firstDifference(path+"."+key, g[key], w[key]); d != "" {
				return d
			}
		}
		for key := range g {
			if _, ok := w[key]; !ok {
				return fmt.Sprintf("%s.%s: got %v, Keras has no such key", path, key, g[key])
			}
		}
		return ""
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return fmt.Sprintf("%s: got %v, want %v", path, got, want)
		}
		for i := range w {
			if d := firstDifference(fmt.Sprintf("%s[%d]", path, i), g[i], w[i]); d != "" {
				return d
			}
		}
		return ""
	}
	if got != want {
		return fmt.Sprintf("%s: got %v, want %v", path, got, want)
	}
	return ""
}

// dropKey removes a key at every depth.
func dropKey(v any, key string) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, key)
		for _, x := range v {
			dropKey(x, key)
		}
	case []any:
		for _, x := range v {
			dropKey(x, key)
		}
	}
}
