package xla

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestConvolutionGradients compares the gradients of image and kernel with
// GoMLX's, in float32, and those that a bfloat16 layer takes, in their own
// precision.
func TestConvolutionGradients(t *testing.T) {
	for _, c := range []struct {
		name          string
		rows, columns int
		c             Convolution
		has           bool
	}{
		{"3x3 same", 3, 3, Convolution{one, one, 1, [2][2]int{{1, 1}, {1, 1}}}, true},
		{"3x3 valid", 3, 3, Convolution{one, one, 1, [2][2]int{}}, true},
		{"2x4 same: odd and shifted", 2, 4, Convolution{one, one, 1, [2][2]int{{0, 1}, {1, 2}}}, true},
		{"1x1", 1, 1, Convolution{one, one, 1, [2][2]int{}}, true},
		{"strides", 3, 3, Convolution{[2]int{2, 2}, one, 1, [2][2]int{}}, false},
		{"dilation", 3, 3, Convolution{one, [2]int{2, 2}, 1, [2][2]int{}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			const height, width = 7, 6
			has := false
			x := tensors.FromFlatDataAndDimensions(formula(1, 2, height, width, 4), 2, height, width, 4)
			kernel := tensors.FromFlatDataAndDimensions(formula(2, c.rows, c.columns, 4, 5), c.rows, c.columns, 4, 5)
			out, err := graph.CallOnceN(testBackend(t), func(x, kernel *graph.Node) []*graph.Node {
				conv := c.c
				kernel, conv.Pads = conv.oddKernel(kernel)
				y := conv.operation(x, kernel)
				want := graph.Gradient(graph.ReduceAllSum(graph.Square(y)), x, kernel)
				halfX, halfKernel := graph.ConvertDType(x, dtypes.BFloat16), graph.ConvertDType(kernel, dtypes.BFloat16)
				halfY := conv.withFastGradients(halfX, halfKernel)
				gots := graph.Gradient(graph.ReduceAllSum(graph.Square(halfY)), halfX, halfKernel)
				if has = conv.hasFastGradients(kernel); has {
					dy := graph.MulScalar(y, 2)
					for _, processors := range []int{1, 5, 64} {
						gots = append(gots, conv.inputGradient(dy, kernel),
							conv.kernelGradient(x, dy, kernel.Shape().Dimensions, processors))
					}
				}
				for i, got := range gots {
					want := want[i%2]
					got = graph.ConvertDType(got, dtypes.Float32)
					difference := graph.ReduceAllMax(graph.Abs(graph.Sub(got, want)))
					gots[i] = graph.Div(difference, graph.ReduceAllMax(graph.Abs(want)))
				}
				return gots
			}, x, kernel)
			if err != nil {
				t.Fatal(err)
			}
			if has != c.has {
				t.Errorf("has gradients of ours: got %t, want %t", has, c.has)
			}
			for i := range out {
				limit := float32(1e-5)
				if i < 2 { // bfloat16
					limit = 0.02
				}
				if v := tensors.ToScalar[float32](out[i]); !(v <= limit) {
					t.Errorf("difference %d is %g of the largest value, limit %g", i, v, limit)
				}
			}
		})
	}
}
