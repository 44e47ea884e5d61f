package xla

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestWholeImageEqualsConvolution compares results and both gradients.
func TestWholeImageEqualsConvolution(t *testing.T) {
	same3, valid := [][2]int{{1, 1}, {1, 1}}, [][2]int{{}, {}}
	for _, c := range []struct {
		height, width int
		kernel        int
		strides       []int
		pads          [][2]int
		whole         bool
	}{
		{2, 2, 3, one, same3, true},
		{1, 1, 3, one, same3, true},
		{1, 1, 1, one, valid, true},
		{1, 2, 3, one, same3, true},
		{2, 2, 3, []int{2, 2}, [][2]int{{0, 1}, {0, 1}}, true},
		{3, 3, 3, one, valid, true},
		{3, 2, 2, one, valid, false},
		{3, 3, 3, one, same3, false},
		{2, 2, 1, one, valid, false},
		{3, 3, 5, one, [][2]int{{2, 2}, {2, 2}}, false}, // 9 positions
	} {
		t.Run(fmt.Sprintf("%dx%d %d", c.height, c.width, c.kernel), func(t *testing.T) {
			x := tensors.FromFlatDataAndDimensions(formula(1, 2, c.height, c.width, 4), 2, c.height, c.width, 4)
			kernel := tensors.FromFlatDataAndDimensions(formula(2, c.kernel, c.kernel, 4, 5), c.kernel, c.kernel, 4, 5)
			whole := false
			out, err := graph.CallOnceN(testBackend(t), func(x, kernel *graph.Node) []*graph.Node {
				conv := Convolution{c.strides, one, 1, c.pads}
				want := conv.withOwnGradients(x, kernel)
				got := conv.wholeImage(x, kernel)
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
