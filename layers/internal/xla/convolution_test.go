package xla

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// convolutionCases are convolutions of examples of the given size with two
// channels a group, and kernels with three outputs a group.
var convolutionCases = []struct {
	name         string
	size, kernel []int
	c            Convolution
	fast         bool
}{
	{"3x3 same", []int{7, 6}, []int{3, 3}, Convolution{one, one, 1, [][2]int{{1, 1}, {1, 1}}}, true},
	{"3x3 valid", []int{7, 6}, []int{3, 3}, Convolution{one, one, 1, [][2]int{{}, {}}}, true},
	{"2x4 same", []int{7, 6}, []int{2, 4}, Convolution{one, one, 1, [][2]int{{0, 1}, {1, 2}}}, true},
	{"few positions", []int{4, 4}, []int{3, 3}, Convolution{one, one, 1, [][2]int{{}, {}}}, true},
	{"few positions with pads", []int{3, 2}, []int{2, 3}, Convolution{one, one, 1, [][2]int{{}, {1, 1}}}, true},
	{"few positions with strides", []int{5, 4}, []int{3, 2},
		Convolution{[]int{2, 2}, one, 1, [][2]int{{1, -1}, {}}}, false},
	{"1x1", []int{7, 6}, []int{1, 1}, Convolution{one, one, 1, [][2]int{{}, {}}}, true},
	{"strides", []int{7, 6}, []int{3, 2}, Convolution{[]int{2, 3}, one, 1, [][2]int{{0, 1}, {}}}, false},
	{"strides leave a rest", []int{9, 8}, []int{2, 1}, Convolution{[]int{3, 3}, one, 1, [][2]int{{}, {}}}, false},
	{"dilation", []int{7, 6}, []int{3, 2}, Convolution{one, []int{2, 3}, 1, [][2]int{{2, 2}, {1, 2}}}, false},
	{"strides and dilation", []int{9, 9}, []int{3, 2},
		Convolution{[]int{2, 3}, []int{2, 3}, 1, [][2]int{{2, 1}, {1, 2}}}, false},
	{"groups", []int{7, 6}, []int{3, 2}, Convolution{[]int{2, 1}, one, 3, [][2]int{{1, 1}, {0, 1}}}, false},
	{"groups and dilation", []int{7, 6}, []int{2, 2}, Convolution{one, []int{3, 2}, 2, [][2]int{{1, 2}, {1, 1}}}, false},
	{"1 axis", []int{9}, []int{4}, Convolution{[]int{2}, []int{1}, 1, [][2]int{{3, 0}}}, false},
	{"1 axis, dilation, groups", []int{9}, []int{3}, Convolution{[]int{1}, []int{2}, 2, [][2]int{{4, 0}}}, false},
	{"3 axes", []int{4, 5, 6}, []int{2, 3, 1},
		Convolution{[]int{1, 2, 3}, []int{1, 1, 1}, 1, [][2]int{{0, 1}, {1, 1}, {}}}, false},
	{"3 axes, groups", []int{4, 5, 3}, []int{2, 1, 2},
		Convolution{[]int{1, 1, 1}, []int{2, 1, 1}, 2, [][2]int{{1, 1}, {}, {0, 1}}}, false},
}

// TestConvolutions compares results and gradients with those of the definition,
// in float32 and in bfloat16.
func TestConvolutions(t *testing.T) {
	for _, c := range convolutionCases {
		t.Run(c.name, func(t *testing.T) {
			xs := append(append([]int{2}, c.size...), 2*c.c.Groups)
			ks := append(append([]int{}, c.kernel...), 2, 3*c.c.Groups)
			checkGraphs(t, func(x, kernel *graph.Node) []*graph.Node {
				return withGradientsOfSquares(byDefinition(x, kernel, c.c), x, kernel)
			}, func(x, kernel *graph.Node) []*graph.Node {
				y := Convolve(x, kernel, c.c)
				got := withGradientsOfSquares(y, x, kernel)
				halfX, halfKernel := graph.ConvertDType(x, dtypes.BFloat16), graph.ConvertDType(kernel, dtypes.BFloat16)
				got = append(got, withGradientsOfSquares(Convolve(halfX, halfKernel, c.c), halfX, halfKernel)...)
				if has := c.c.hasFastGradients(kernel); has != c.fast {
					t.Errorf("has fast gradients: got %t, want %t", has, c.fast)
				} else if has {
					dy := graph.MulScalar(y, 2)
					for _, processors := range []int{1, 5, 64} {
						got = append(got, y, c.c.fastInputGradient(dy, kernel),
							c.c.fastKernelGradient(x, dy, kernel.Shape().Dimensions, processors))
					}
				}
				return got
			}, xs, ks)
		})
	}
}

// TestConvolveTransposed compares with the gradient of the definition.
func TestConvolveTransposed(t *testing.T) {
	for _, c := range convolutionCases {
		if c.c.Groups > 1 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			xs := append(append([]int{2}, c.size...), 2)
			ks := append(append([]int{}, c.kernel...), 2, 3)
			checkGraphs(t, func(x, kernel *graph.Node) []*graph.Node {
				// Of the sum of dy y as a function of x, kernel and dy.
				y := byDefinition(x, kernel, c.c)
				dy := graph.StopGradient(graph.Cos(y))
				return append(graph.Gradient(graph.ReduceAllSum(graph.Mul(y, dy)), x, kernel), y)
			}, func(x, kernel *graph.Node) []*graph.Node {
				// The same sum is that of x times the result for dy.
				dy := graph.Cos(Convolve(x, kernel, c.c))
				back := ConvolveTransposed(dy, kernel, c.size, c.c)
				sum := graph.ReduceAllSum(graph.Mul(back, graph.StopGradient(x)))
				gradients := graph.Gradient(sum, dy)
				dy = graph.StopGradient(dy)
				back = ConvolveTransposed(dy, kernel, c.size, c.c)
				sum = graph.ReduceAllSum(graph.Mul(back, x))
				return append([]*graph.Node{back}, graph.Gradient(sum, kernel)[0], gradients[0])
			}, xs, ks)
		})
	}
}

// TestDepthwise compares with the definition where every channel is a group,
// both XLA's operation and the sum over taps.
func TestDepthwise(t *testing.T) {
	for _, c := range convolutionCases {
		if c.c.Groups > 1 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			const channels, multiplier = 5, 2
			xs := append(append([]int{2}, c.size...), channels)
			ks := append(append([]int{}, c.kernel...), channels, multiplier)
			checkGraphs(t, func(x, kernel *graph.Node) []*graph.Node {
				flat := append(append([]int{}, c.kernel...), 1, channels*multiplier)
				grouped := c.c
				grouped.Groups = channels
				return withGradientsOfSquares(byDefinition(x, graph.Reshape(kernel, flat...), grouped), x, kernel)
			}, func(x, kernel *graph.Node) []*graph.Node {
				got := withGradientsOfSquares(Depthwise(x, kernel, c.c), x, kernel)
				if len(c.size) > 1 && !OnCPU(x.Graph()) {
					got = append(got, withGradientsOfSquares(depthwiseByTaps(x, kernel, c.c), x, kernel)...)
				}
				return got
			}, xs, ks)
		})
	}
}

// withGradientsOfSquares returns y and the gradients of the sum of its squares.
func withGradientsOfSquares(y *graph.Node, of ...*graph.Node) []*graph.Node {
	return append([]*graph.Node{y}, graph.Gradient(graph.ReduceAllSum(graph.Square(y)), of...)...)
}

// checkGraphs compares what two graphs compute from two tensors of the given
// dimensions; got may be longer and is compared with want again and again.
// Where got is bfloat16, 2 % are allowed. The backend in pure Go computes want:
// XLA would take seconds to compile such graphs.
func checkGraphs(t *testing.T, want, got func(x, kernel *graph.Node) []*graph.Node, dims ...[]int) {
	t.Helper()
	reference, err := Open(goBackend, "")
	if err != nil {
		t.Fatal(err)
	}
	inputs := func() []any { // a tensor belongs to one backend
		return []any{tensors.FromFlatDataAndDimensions(formula(1, dims[0]...), dims[0]...),
			tensors.FromFlatDataAndDimensions(formula(2, dims[1]...), dims[1]...)}
	}
	wants, err := graph.CallOnceN(reference, want, inputs()...)
	if err != nil {
		t.Fatal(err)
	}
	var limits []float64
	gots, err := graph.CallOnceN(testBackend(t), func(x, kernel *graph.Node) []*graph.Node {
		out := got(x, kernel)
		for i, y := range out {
			limits = append(limits, 1e-5)
			if y.DType() == dtypes.BFloat16 {
				limits[i] = 0.02
			}
			out[i] = graph.ConvertDType(y, dtypes.Float32)
		}
		return out
	}, inputs()...)
	if err != nil {
		t.Fatal(err)
	}
	for i, y := range gots {
		want := wants[i%len(wants)]
		if !slices.Equal(want.Shape().Dimensions, y.Shape().Dimensions) {
			t.Errorf("result %d is %s, want %s", i, y.Shape(), want.Shape())
			continue
		}
		difference, largest := largestDifference(y, want)
		if !(difference <= limits[i]*largest) {
			t.Errorf("result %d differs by %g of the largest value, limit %g", i, difference/largest, limits[i])
		}
	}
}

// byDefinition is the sum over groups and taps of what a tap meets times its
// weights.
func byDefinition(x, kernel *graph.Node, c Convolution) *graph.Node {
	size := kernel.Shape().Dimensions
	rank := len(size) - 2
	taps := c.taps(pad(x, c.Pads, nil), size)
	kernels := graph.Split(graph.Reshape(kernel, len(taps), size[rank], size[rank+1]), 2, c.Groups)
	var groups []*graph.Node
	for g, kernel := range kernels {
		var sum *graph.Node
		for i, tap := range taps {
			tap = graph.SliceAxis(tap, rank+1, graph.AxisRange(g*size[rank], (g+1)*size[rank]))
			weights := graph.Squeeze(graph.SliceAxis(kernel, 0, graph.AxisElem(i)), 0)
			y := graph.Dot(tap, weights).General([]int{rank + 1}, nil, []int{0}, nil)
			if sum == nil {
				sum = y
			} else {
				sum = graph.Add(sum, y)
			}
		}
		groups = append(groups, sum)
	}
	return graph.Concatenate(groups, -1)
}
