package xla

import (
	"fmt"
	"math"
	"testing"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
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
				checkMaxima(t, backend, conv, dtype, nothing, 2, c[:4], []int{3, 3, c[3], c[4]})
			})
		}
	}
}

// nothing is what stands between a convolution and its pool.
func nothing(y *graph.Node) *graph.Node { return y }

// maximaBetween are operations between a convolution and its pool, and the
// number of calls that its gradients take.
var maximaBetween = []struct {
	name  string
	f     func(y *graph.Node) *graph.Node
	calls int
}{
	{"bias and LeakyReLU", func(y *graph.Node) *graph.Node {
		bias := graph.IotaFull(y.Graph(), shapes.Make(y.DType(), y.Shape().Dimensions[3]))
		return activations.LeakyReLU(AddBias(y, bias), 0.1)
	}, 2},
	{"ReLU", activations.ReLU, 2},
	{"ReLU6", activations.ReLU6, 2},
	{"softplus", activations.Softplus, 2},
	{"dropout", func(y *graph.Node) *graph.Node {
		return graph.Where(graph.GreaterThan(graph.Cos(graph.MulScalar(y, 100)), graph.ScalarZero(y.Graph(), y.DType())),
			graph.MulScalar(y, 2), graph.ZerosLike(y))
	}, 2},
	{"a sum of both", func(y *graph.Node) *graph.Node { return graph.Add(y, graph.Tanh(y)) }, 2},
	{"every other row", func(y *graph.Node) *graph.Node {
		return graph.Slice(y, graph.AxisRange(), graph.AxisRange().Stride(2))
	}, 0},
	{"neighbors", func(y *graph.Node) *graph.Node { return graph.Add(y, graph.Reverse(y, 1)) }, 0},
}

// TestMaximaBetween compares gradients where something stands between the
// convolution and the pool.
func TestMaximaBetween(t *testing.T) {
	backend := testBackend(t)
	conv := Convolution{one, one, 1, [][2]int{{1, 1}, {1, 1}}}
	for _, c := range maximaBetween {
		for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
			t.Run(c.name+" "+dtype.String(), func(t *testing.T) {
				checkMaxima(t, backend, conv, dtype, c.f, c.calls, []int{3, 8, 10, 5}, []int{3, 3, 5, 7})
			})
		}
	}
}

// checkMaxima compares both gradients of examples and a kernel of the given
// sizes with those of products, for as many lanes as the processor has, and
// fewer.
func checkMaxima(t *testing.T, backend compute.Backend, c Convolution, dtype dtypes.DType,
	between func(y *graph.Node) *graph.Node, calls int, examples, size []int) {
	t.Helper()
	has := []int{}
	for lanes := 8; lanes <= xlaplugin.MaximaLanes(); lanes *= 2 {
		has = append(has, lanes)
	}
	gots, err := graph.CallOnceN(backend, func(x, kernel *graph.Node) []*graph.Node {
		x, kernel = graph.ConvertDType(x, dtype), graph.ConvertDType(kernel, dtype)
		all := pooledGradients(c, x, kernel, between, 0)
		for _, lanes := range has {
			all = append(all, pooledGradients(c, x, kernel, between, lanes)...)
		}
		if got, want := maximaCalls(x.Graph()), calls*len(has); got != want {
			t.Errorf("calls in the program: got %d, want %d", got, want)
		}
		return all
	}, tensors.FromFlatDataAndDimensions(formula(1, examples...), examples...),
		tensors.FromFlatDataAndDimensions(formula(2, size...), size...))
	if err != nil {
		t.Fatal(err)
	}
	limit := 1e-5
	if dtype == dtypes.BFloat16 {
		limit = 0.01
	}
	for i, got := range gots[2:] {
		if d, largest := largestDifference(got, gots[i%2]); !(d <= limit*largest) {
			t.Errorf("gradient %d with %d lanes differs by %g of the largest value, limit %g", i%2, has[i/2], d/largest, limit)
		}
	}
}

// pooledGradients are those of the sum of squares of the maxima with respect to
// the examples and the kernel, in float32; with 0 lanes, by products. between
// stands before the pool.
func pooledGradients(c Convolution, x, kernel *graph.Node, between func(y *graph.Node) *graph.Node,
	lanes int) []*graph.Node {
	x.Graph().AttachState(maximaLanes{}, lanes)
	y := c.withOwnGradients(x, kernel)
	y = Pool{Size: []int{2, 2}, Strides: []int{2, 2}, Pads: make([][2]int, 2)}.Max(between(y))
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

// largestDifference is that of two tensors, beside the largest value wanted.
func largestDifference(got, want *tensors.Tensor) (difference, largest float64) {
	values := tensors.MustCopyFlatData[float32](got)
	for i, v := range tensors.MustCopyFlatData[float32](want) {
		largest = max(largest, math.Abs(float64(v)))
		difference = max(difference, math.Abs(float64(v-values[i])))
	}
	return difference, largest
}

// BenchmarkMaxima times a convolution before a pool with both gradients, by
// products and by package xlaplugin's functions.
func BenchmarkMaxima(b *testing.B) {
	backend := testBackend(b)
	for _, c := range [][5]int{{128, 32, 32, 3, 32}, {32, 32, 32, 16, 32}, {32, 16, 16, 32, 64}, {500, 31, 31, 24, 64},
		{500, 15, 15, 64, 256}, {500, 7, 7, 256, 256}, {16, 112, 112, 64, 128}} {
		for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
			for _, lanes := range []int{0, 8, 16} {
				b.Run(fmt.Sprintf("%v/%s/lanes=%d", c, dtype, lanes), func(b *testing.B) {
					if lanes > xlaplugin.MaximaLanes() {
						b.Skip("this processor or plugin has fewer")
					}
					conv := Convolution{one, one, 1, [][2]int{{1, 1}, {1, 1}}}
					x := tensors.FromFlatDataAndDimensions(formula(1, c[:4]...), c[:4]...)
					kernel := tensors.FromFlatDataAndDimensions(formula(2, 3, 3, c[3], c[4]), 3, 3, c[3], c[4])
					exec, err := graph.NewExec(backend, func(x, kernel *graph.Node) []*graph.Node {
						x, kernel = graph.ConvertDType(x, dtype), graph.ConvertDType(kernel, dtype)
						return pooledGradients(conv, x, kernel, nothing, lanes)
					})
					if err != nil {
						b.Fatal(err)
					}
					defer exec.Finalize()
					if _, err := exec.Call(x, kernel); err != nil {
						b.Fatal(err)
					}
					b.ResetTimer()
					start := processorTime()
					for b.Loop() {
						if _, err := exec.Call(x, kernel); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric((processorTime()-start).Seconds()*1e3/float64(b.N), "processor-ms/op")
				})
			}
		}
	}
}
