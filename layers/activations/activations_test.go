package activations_test

import (
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func init() {
	if os.Getenv("GOMLX_BACKEND") == "" {
		_ = os.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
}

// call computes functions of values of the given dimensions.
func call(t *testing.T, values []float32, dimensions []int, fs ...func(*graph.Node) *graph.Node) [][]float32 {
	t.Helper()
	backend, err := layers.Backend()
	if err != nil {
		t.Fatal(err)
	}
	out, err := graph.CallOnceN(backend, func(x *graph.Node) []*graph.Node {
		var ys []*graph.Node
		for _, f := range fs {
			ys = append(ys, f(x))
		}
		return ys
	}, tensors.FromFlatDataAndDimensions(values, dimensions...))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float32
	for _, y := range out {
		all = append(all, tensors.MustCopyFlatData[float32](y))
	}
	return all
}

// sparsemax is algorithm 1 of Martins et al.
func sparsemax(row []float32) []float32 {
	sorted := slices.Clone(row)
	slices.Sort(sorted)
	slices.Reverse(sorted)
	sum, tau := 0.0, 0.0
	for k, z := range sorted {
		sum += float64(z)
		if 1+float64(k+1)*float64(z) > sum {
			tau = (sum - 1) / float64(k+1)
		}
	}
	out := make([]float32, len(row))
	for i, z := range row {
		out[i] = float32(max(0, float64(z)-tau))
	}
	return out
}

// TestSparsemax compares with the paper's algorithm, along both axes, with ties
// and with supports of every size.
func TestSparsemax(t *testing.T) {
	const rows, columns = 40, 5
	values := make([]float32, rows*columns)
	for i := range values {
		values[i] = float32((i*37)%23-11) / float32(1+i%7)
		if i%9 == 0 && i > 0 {
			values[i] = values[i-1]
		}
	}
	var want []float32
	sizes := map[int]bool{}
	for i := range rows {
		row := sparsemax(values[i*columns:][:columns])
		want = append(want, row...)
		size := 0
		for _, v := range row {
			if v > 0 {
				size++
			}
		}
		sizes[size] = true
	}
	if len(sizes) < 3 {
		t.Errorf("supports have the sizes %v only", sizes)
	}
	got := call(t, values, []int{rows, columns},
		func(x *graph.Node) *graph.Node { return activations.Sparsemax(x, -1) },
		func(x *graph.Node) *graph.Node {
			return graph.Transpose(activations.Sparsemax(graph.Transpose(x, 0, 1), 0), 0, 1)
		})
	for _, got := range got {
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Fatalf("value %d is %g, the paper's algorithm gives %g", i, got[i], want[i])
			}
		}
	}
}

// TestParameters compares functions with other parameters than Keras' defaults
// with their definitions.
func TestParameters(t *testing.T) {
	values := []float32{-3, -1.5, -0.75, -0.25, 0, 0.25, 0.75, 1.5, 3}
	exp := func(x float64) float64 { return math.Expm1(x) }
	for name, c := range map[string]struct {
		f    func(*graph.Node) *graph.Node
		want func(x float64) float64
	}{
		"celu 0.5": {func(x *graph.Node) *graph.Node { return activations.Celu(x, 0.5) },
			func(x float64) float64 { return max(x, 0) + 0.5*exp(min(x, 0)/0.5) }},
		"squareplus 1": {func(x *graph.Node) *graph.Node { return activations.Squareplus(x, 1) },
			func(x float64) float64 { return (x + math.Sqrt(x*x+1)) / 2 }},
		"soft shrink 1": {func(x *graph.Node) *graph.Node { return activations.SoftShrink(x, 1) },
			func(x float64) float64 { return math.Copysign(max(math.Abs(x)-1, 0), x) }},
		"threshold": {func(x *graph.Node) *graph.Node { return activations.Threshold(x, 0.5, -7) },
			func(x float64) float64 {
				if x > 0.5 {
					return x
				}
				return -7
			}},
	} {
		got := call(t, values, []int{len(values)}, c.f)[0]
		for i, v := range values {
			if want := c.want(float64(v)); math.Abs(float64(got[i])-want) > 1e-6 {
				t.Errorf("%s of %g is %g, want %g", name, v, got[i], want)
			}
		}
	}
}

// TestNaNStaysNaN goes through all functions of one value.
func TestNaNStaysNaN(t *testing.T) {
	with := func(f func(*graph.Node, float64) *graph.Node) func(*graph.Node) *graph.Node {
		return func(x *graph.Node) *graph.Node { return f(x, 0.5) }
	}
	fs := map[string]func(*graph.Node) *graph.Node{
		"ReLU": activations.ReLU, "LeakyReLU": with(activations.LeakyReLU), "ReLU6": activations.ReLU6,
		"HardSigmoid": activations.HardSigmoid, "HardSilu": activations.HardSilu, "HardTanh": activations.HardTanh,
		"Elu": with(activations.Elu), "Celu": with(activations.Celu), "Selu": activations.Selu,
		"Softplus": activations.Softplus, "LogSigmoid": activations.LogSigmoid, "Silu": activations.Silu,
		"Mish": activations.Mish, "Gelu": activations.Gelu, "GeluApproximate": activations.GeluApproximate,
		"Softsign": activations.Softsign, "Squareplus": with(activations.Squareplus), "TanhShrink": activations.TanhShrink,
		"SoftShrink": with(activations.SoftShrink), "HardShrink": with(activations.HardShrink),
		"SparseSigmoid": activations.SparseSigmoid, "SparsePlus": activations.SparsePlus,
		"Threshold": func(x *graph.Node) *graph.Node { return activations.Threshold(x, 0.5, 1) },
		"Rectify":   func(x *graph.Node) *graph.Node { return activations.Rectify(x, 0.1, 4, 0.5) },
	}
	for name, f := range fs {
		if got := call(t, []float32{float32(math.NaN()), 1}, []int{2}, f)[0]; got[0] == got[0] || got[1] != got[1] {
			t.Errorf("%s of NaN and 1 is %v", name, got)
		}
	}
}
