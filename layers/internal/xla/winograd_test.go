package xla

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestTiledKernelGradient compares with the gradient by XLA's own operation.
func TestTiledKernelGradient(t *testing.T) {
	for _, c := range []struct {
		height, width int
		pads          [][2]int
	}{{9, 7, [][2]int{{1, 1}, {1, 1}}}, {8, 8, [][2]int{{0, 0}, {0, 0}}}, {3, 3, [][2]int{{1, 1}, {1, 1}}},
		{5, 4, [][2]int{{2, 1}, {0, 2}}}} {
		how := Convolution{one, one, 1, c.pads}
		x := tensors.FromFlatDataAndDimensions(formula(1, 2, c.height, c.width, 3), 2, c.height, c.width, 3)
		k := tensors.FromFlatDataAndDimensions(formula(2, 3, 3, 3, 5), 3, 3, 3, 5)
		out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
			dy := how.operation(in[0], in[1])
			size := in[1].Shape().Dimensions
			return []*graph.Node{how.kernelGradient(in[0], dy, size), how.tiledKernelGradient(in[0], dy, size)}
		}, x, k)
		if err != nil {
			t.Fatal(err)
		}
		want, got := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
		largest, worst := 0.0, 0.0
		for i := range want {
			largest = max(largest, math.Abs(float64(want[i])))
			worst = max(worst, math.Abs(float64(want[i]-got[i])))
		}
		if len(got) != len(want) || !(worst <= 1e-5*largest) {
			t.Errorf("%+v: differs by %g of the largest value", c, worst/largest)
		}
	}
}
