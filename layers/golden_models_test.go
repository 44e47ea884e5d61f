package layers

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gomlx/gomlx/core/tensors"
)

// formula is make_golden.py's formula: weights and pixels that need no file.
func formula(n int) []float32 { return peerdata.Formula(n) }

// formulaWeights is make_golden.py's set_formula_weights.
func formulaWeights(v *Variable) []float32 {
	w := formula(v.Shape.Size())
	in, out := scaling{}.fans(v.Shape)
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
				if want := c.Weights[i]; !strings.HasSuffix("/"+want.Path, "/"+v.Path) || !v.Shape.Equal(want.Shape) ||
					v.Trainable != want.Trainable {
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
			outputs, norms := 0.0, 0.0
			for i, y := range c.Outputs {
				outputs = max(outputs, checkClose(t, "output", got.outputs[i], y))
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
				norms = max(norms, math.Abs(norm-want.Norm)/want.Norm)
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
			t.Logf("largest relative differences: outputs %.2g, norms of the weights' gradients %.2g", outputs, norms)
		})
	}
}
