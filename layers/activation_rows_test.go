package layers

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestRowsChangeNoBit compares what a convolution reads of an activation, and
// its gradient, with what others read.
func TestRowsChangeNoBit(t *testing.T) {
	onXLACPU(t)
	values := make([]float32, 2*5*7*16)
	for i := range values {
		values[i] = float32(i%41-20) / 7
	}
	x := tensors.FromFlatDataAndDimensions(values, 2, 5, 7, 16)
	for name, activate := range map[string]func(*Pass, *graph.Node) *graph.Node{
		"LeakyReLU": func(c *Pass, x *graph.Node) *graph.Node { return LeakyReLU(0.1).Call(c, []*graph.Node{x}) },
		"ReLU":      func(c *Pass, x *graph.Node) *graph.Node { return ReLU().Call(c, []*graph.Node{x}) },
		"swish":     func(c *Pass, x *graph.Node) *graph.Node { return c.Activate(Silu, x) },
	} {
		out, err := graph.CallOnceN(testBackend(t), func(x *graph.Node) []*graph.Node {
			c := NewPass(x.Graph(), true, nil, nil)
			narrow := graph.ConvertDType(x, dtypes.BFloat16)
			y := activate(c, narrow)
			rows := c.ForConvolution(y)
			if rows == y {
				t.Errorf("%s: a convolution reads what others read", name)
			}
			var out []*graph.Node
			for _, y := range []*graph.Node{y, rows} {
				y = graph.ConvertDType(y, dtypes.Float32)
				weighted := graph.ReduceAllSum(graph.Mul(y, graph.AddScalar(x, 1)))
				out = append(out, y, graph.ConvertDType(graph.Gradient(weighted, narrow)[0], dtypes.Float32))
			}
			return out
		}, x)
		if err != nil {
			t.Fatal(err)
		}
		for i, what := range []string{"values", "gradients"} {
			want, got := tensors.MustCopyFlatData[float32](out[i]), tensors.MustCopyFlatData[float32](out[i+2])
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s differ", name, what)
			}
			if slices.Max(want) == slices.Min(want) {
				t.Errorf("%s: all %s are the same", name, what)
			}
		}
	}
}

// TestRowsAreForFewChannels lists activations that convolutions read as others
// do.
func TestRowsAreForFewChannels(t *testing.T) {
	onXLA(t)
	for _, c := range []struct {
		what  string
		dtype dtypes.DType
		shape Shape
		f     ActivationFunc
	}{
		{"float32", dtypes.Float32, Shape{2, 4, 4, 16}, Relu},
		{"32 channels", dtypes.BFloat16, Shape{2, 4, 4, 32}, Relu},
		{"a vector", dtypes.BFloat16, Shape{2, 16}, Relu},
		{"a function of all channels", dtypes.BFloat16, Shape{2, 4, 4, 16}, LogSoftmax},
	} {
		_, err := graph.CallOnceN(testBackend(t), func(x *graph.Node) []*graph.Node {
			call := NewPass(x.Graph(), true, nil, nil)
			y := call.Activate(c.f, graph.ConvertDType(x, c.dtype))
			if call.ForConvolution(y) != y {
				t.Errorf("%s: a convolution reads another result", c.what)
			}
			return []*graph.Node{graph.ConvertDType(y, dtypes.Float32)}
		}, tensors.FromFlatDataAndDimensions(make([]float32, c.shape.Size()), c.shape...))
		if err != nil {
			t.Fatal(err)
		}
	}
}
