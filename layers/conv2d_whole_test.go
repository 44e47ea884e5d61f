package layers

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestWholeImageEqualsConvolution compares results and both gradients.
func TestWholeImageEqualsConvolution(t *testing.T) {
	for _, c := range []struct {
		height, width int
		layer         *Conv2DLayer
		whole         bool
	}{
		{2, 2, Conv2D(5, 3).Padding(Same), true},
		{1, 1, Conv2D(5, 3).Padding(Same), true},
		{1, 1, Conv2D(5, 1), true},
		{1, 2, Conv2D(5, 3).Padding(Same), true},
		{2, 2, Conv2D(5, 3).Padding(Same).Strides(2), true},
		{3, 3, Conv2D(5, 3), true},
		{3, 2, Conv2D(5, 2, 2), false},
		{3, 3, Conv2D(5, 3).Padding(Same), false},
		{2, 2, Conv2D(5, 1), false},
		{3, 3, Conv2D(5, 5).Padding(Same), false}, // 9 positions
	} {
		t.Run(fmt.Sprintf("%dx%d %v", c.height, c.width, c.layer.window), func(t *testing.T) {
			k := c.layer.window.size
			x := tensors.FromFlatDataAndDimensions(trainingFormula(2*c.height*c.width*4, 1), 2, c.height, c.width, 4)
			kernel := tensors.FromFlatDataAndDimensions(trainingFormula(k[0]*k[1]*4*5, 2), k[0], k[1], 4, 5)
			whole := false
			out, err := graph.CallOnceN(testBackend(t), func(x, kernel *graph.Node) []*graph.Node {
				_, _, pads, err := c.layer.window.image(c.height, c.width)
				if err != nil {
					panic(err)
				}
				odd, pads := c.layer.oddKernel(kernel, pads)
				want := c.layer.convolve(x, odd, pads)
				got := c.layer.wholeImage(x, odd, pads)
				whole = got != nil
				if !whole {
					return []*graph.Node{graph.ScalarZero(x.Graph(), x.DType())}
				}
				differences := []*graph.Node{graph.Sub(want, got)}
				wants := graph.Gradient(graph.ReduceAllSum(graph.Square(want)), x, kernel)
				for i, g := range graph.Gradient(graph.ReduceAllSum(graph.Square(got)), x, kernel) {
					differences = append(differences, graph.Sub(wants[i], g))
				}
				for i, d := range differences {
					differences[i] = graph.ReduceAllMax(graph.Abs(d))
				}
				return differences
			}, x, kernel)
			if err != nil {
				t.Fatal(err)
			}
			if whole != c.whole {
				t.Errorf("whole image: got %t, want %t", whole, c.whole)
			}
			for i, d := range out {
				if v := tensors.ToScalar[float32](d); v > 1e-5 {
					t.Errorf("difference %d is %g", i, v)
				}
			}
		})
	}
}
