package xla

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestBFloat16Gradients compares the gradients that a bfloat16 layer has of its
// own on XLA's CPU backend with GoMLX's in float32.
func TestBFloat16Gradients(t *testing.T) {
	product := func(x, kernel, _ *graph.Node) *graph.Node { return Product(x, kernel) }
	biased := func(x, _, bias *graph.Node) *graph.Node { return AddBias(x, bias) }
	for _, c := range []struct {
		name       string
		dimensions []int
		f          func(x, kernel, bias *graph.Node) *graph.Node
		used       []int // which of x, kernel and bias have a gradient
	}{
		{"product", []int{6, 5}, product, []int{0, 1}},
		{"product of vectors in a grid", []int{3, 4, 2, 5}, product, []int{0, 1}},
		{"bias", []int{6, 5}, biased, []int{0, 2}},
		{"bias of images", []int{3, 8, 9, 5}, biased, []int{0, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := tensors.FromFlatDataAndDimensions(formula(1, c.dimensions...), c.dimensions...)
			kernel := tensors.FromFlatDataAndDimensions(formula(2, 5, 5), 5, 5)
			bias := tensors.FromFlatDataAndDimensions(formula(3, 5), 5)
			out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
				gradients := func(dtype dtypes.DType) []*graph.Node {
					var at, values []*graph.Node
					for _, v := range in {
						values = append(values, graph.ConvertDType(v, dtype))
					}
					for _, i := range c.used {
						at = append(at, values[i])
					}
					y := graph.ConvertDType(c.f(values[0], values[1], values[2]), dtypes.Float32)
					return graph.Gradient(graph.ReduceAllSum(graph.Square(y)), at...)
				}
				want := gradients(dtypes.Float32)
				var differences []*graph.Node
				for i, got := range gradients(dtypes.BFloat16) {
					if got.DType() != dtypes.BFloat16 {
						t.Errorf("gradient %d is a %s", i, got.DType())
					}
					difference := graph.Abs(graph.Sub(graph.ConvertDType(got, dtypes.Float32), want[i]))
					largest := graph.ReduceAllMax(graph.Abs(want[i]))
					differences = append(differences, graph.Div(graph.ReduceAllMax(difference), largest))
				}
				return differences
			}, x, kernel, bias)
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range out {
				if v := tensors.ToScalar[float32](d); !(v <= 0.02) {
					t.Errorf("gradient %d differs by %g of its largest value, limit 0.02", i, v)
				}
			}
		})
	}
}

// TestAfterAllGradientsKeepsValues: behind the barrier every value is what it
// was, of its own type. The values are whole, as XLA may leave a rounding out.
func TestAfterAllGradientsKeepsValues(t *testing.T) {
	x := tensors.FromValue([]float32{1, 2, 3, 5, 8, 13})
	out, err := graph.CallOnceN(testBackend(t), func(x *graph.Node) []*graph.Node {
		half := graph.ConvertDType(graph.MulScalar(x, 3), dtypes.BFloat16)
		values := []*graph.Node{x, graph.ConvertDType(graph.Neg(half), dtypes.Float32), half}
		var differences []*graph.Node
		for i, got := range AfterAllGradients(values) {
			if got.DType() != values[i].DType() {
				t.Errorf("value %d is a %s, was a %s", i, got.DType(), values[i].DType())
			}
			difference := graph.ReduceAllMax(graph.Abs(graph.Sub(got, values[i])))
			differences = append(differences, graph.ConvertDType(difference, dtypes.Float32))
		}
		return differences
	}, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range out {
		if v := tensors.ToScalar[float32](d); v != 0 {
			t.Errorf("value %d is %g off", i, v)
		}
	}
}
