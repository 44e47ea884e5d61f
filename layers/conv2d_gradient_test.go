package layers

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
		name  string
		layer *Conv2DLayer
		has   bool
	}{
		{"3x3 same", Conv2D(5, 3).Padding(Same), true},
		{"3x3 valid", Conv2D(5, 3), true},
		{"2x4 same: odd and shifted", Conv2D(5, 2, 4).Padding(Same), true},
		{"1x1", Conv2D(5, 1), true},
		{"strides", Conv2D(5, 3).Strides(2), false},
		{"dilation", Conv2D(5, 3).Dilation(2), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			const height, width = 7, 6
			k, has := c.layer.window.size, false
			x := tensors.FromFlatDataAndDimensions(trainingFormula(2*height*width*4, 1), 2, height, width, 4)
			kernel := tensors.FromFlatDataAndDimensions(trainingFormula(k[0]*k[1]*4*5, 2), k[0], k[1], 4, 5)
			out, err := graph.CallOnceN(testBackend(t), func(x, kernel *graph.Node) []*graph.Node {
				_, _, pads, err := c.layer.window.image(height, width)
				if err != nil {
					panic(err)
				}
				kernel, pads = c.layer.oddKernel(kernel, pads)
				y := c.layer.operation(x, kernel, pads)
				want := graph.Gradient(graph.ReduceAllSum(graph.Square(y)), x, kernel)
				halves := []*graph.Node{graph.ConvertDType(x, dtypes.BFloat16), graph.ConvertDType(kernel, dtypes.BFloat16)}
				gots := graph.Gradient(graph.ReduceAllSum(graph.Square(c.layer.convolve(halves[0], halves[1], pads))), halves...)
				if has = c.layer.hasGradients(kernel, pads); has {
					dy := graph.MulScalar(y, 2)
					for _, processors := range []int{1, 5, 64} {
						gots = append(gots, turned(dy, kernel, pads), kernelGradient(x, dy, kernel.Shape().Dimensions, pads, processors))
					}
				}
				for i, got := range gots {
					want := want[i%2]
					got = graph.ConvertDType(got, dtypes.Float32)
					gots[i] = graph.Div(graph.ReduceAllMax(graph.Abs(graph.Sub(got, want))), graph.ReduceAllMax(graph.Abs(want)))
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
