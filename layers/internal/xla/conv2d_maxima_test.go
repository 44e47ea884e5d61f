package xla

import (
	"fmt"
	"math"
	"testing"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// maximaCases are convolutions of 3x3 before a pool of 2x2: batch, height, width,
// in, out, and the zeros above, below, left and right.
var maximaCases = [][9]int{
	{1, 4, 4, 1, 1, 1, 1, 1, 1},
	{2, 7, 6, 3, 5, 1, 1, 1, 1},      // a row of results that no window sees
	{3, 6, 9, 16, 32, 0, 0, 0, 0},    // whole blocks, no zeros
	{5, 5, 5, 17, 33, 2, 2, 2, 2},    // one more than whole blocks, zeros all around
	{2, 6, 5, 40, 7, 0, 2, 2, 1},     // other zeros on each side
	{2, 9, 40, 24, 64, 1, 1, 1, 1},   // bands of windows
	{1, 70, 66, 2, 3, 1, 1, 1, 1},    // one example larger than the first cache
	{70, 7, 7, 20, 256, 1, 1, 1, 1},  // more examples than a chunk
	{3, 31, 31, 24, 64, 1, 1, 1, 1},  // airbench's three
	{3, 15, 15, 64, 256, 1, 1, 1, 1}, //
	{9, 7, 7, 256, 256, 1, 1, 1, 1},  //
}

// TestMaxima compares gradients through a max pooling with those that a product
// of matrices has, in float32 and in bfloat16.
func TestMaxima(t *testing.T) {
	backend := testBackend(t)
	for _, c := range maximaCases {
		for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
			t.Run(fmt.Sprint(c, dtype), func(t *testing.T) {
				conv := Convolution{one, one, 1, [][2]int{{c[5], c[6]}, {c[7], c[8]}}}
				calls := 0
				gots, err := graph.CallOnceN(backend, func(x, kernel *graph.Node) []*graph.Node {
					x, kernel = graph.ConvertDType(x, dtype), graph.ConvertDType(kernel, dtype)
					through := pooledGradients(conv, x, kernel, true)
					calls = maximaCalls(x.Graph())
					return append(through, pooledGradients(conv, x, kernel, false)...)
				}, tensors.FromFlatDataAndDimensions(formula(1, c[:4]...), c[:4]...),
					tensors.FromFlatDataAndDimensions(formula(2, 3, 3, c[3], c[4]), 3, 3, c[3], c[4]))
				if err != nil {
					t.Fatal(err)
				}
				if want := 2; xlaplugin.HasMaxima() && calls != want {
					t.Errorf("calls in the program: got %d, want %d", calls, want)
				}
				limit := 1e-5
				if dtype == dtypes.BFloat16 {
					limit = 0.01
				}
				for i := range 2 {
					if d := relativeDifference(gots[i], gots[i+2]); !(d <= limit) {
						t.Errorf("gradient %d differs by %g of the largest value, limit %g", i, d, limit)
					}
				}
			})
		}
	}
}

// pooledGradients are those of the sum of squares of the maxima with respect to
// the examples and the kernel, in float32; without through, by products.
func pooledGradients(c Convolution, x, kernel *graph.Node, through bool) []*graph.Node {
	y := c.withOwnGradients(x, kernel)
	if !through {
		y = graph.IdentityWithCustomGradient(y, func(_, dy *graph.Node) *graph.Node { return graph.Neg(graph.Neg(dy)) })
	}
	y = Pool{Size: []int{2, 2}, Strides: []int{2, 2}, Pads: make([][2]int, 2)}.Max(y)
	all := graph.Gradient(graph.ReduceAllSum(graph.Square(graph.ConvertDType(y, dtypes.Float32))), x, kernel)
	for i, v := range all {
		all[i] = graph.ConvertDType(v, dtypes.Float32)
	}
	return all
}

// maximaCalls counts the calls of package xlaplugin's functions in a program.
func maximaCalls(g *graph.Graph) (n int) {
	fn := mainFunction(g)
	if fn == nil {
		return 0
	}
	for _, s := range fn.Statements {
		switch s.Attributes["call_target_name"] {
		case xlaplugin.MaximaKernelGradient, xlaplugin.MaximaInputGradient:
			n++
		}
	}
	return n
}

// relativeDifference is the largest difference as a part of the largest value.
func relativeDifference(got, want *tensors.Tensor) float64 {
	values := tensors.MustCopyFlatData[float32](got)
	largest, difference := 0.0, 0.0
	for i, v := range tensors.MustCopyFlatData[float32](want) {
		largest = max(largest, math.Abs(float64(v)))
		difference = max(difference, math.Abs(float64(v-values[i])))
	}
	return difference / largest
}
