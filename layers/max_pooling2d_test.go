package layers

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// BenchmarkMaxPooling2D measures a 2x2 pool and its gradient at Model 1's size,
// against GoMLX's reduce-window and against a ReduceMax over blocks (whose
// gradient goes to every tied maximum, unlike TensorFlow's).
func BenchmarkMaxPooling2D(b *testing.B) {
	pool := MaxPooling2D(2)
	for name, f := range map[string]func(x *graph.Node) *graph.Node{
		"layer":         func(x *graph.Node) *graph.Node { return pool.Call(nil, []*graph.Node{x}) },
		"reduce-window": func(x *graph.Node) *graph.Node { return graph.MaxPool(x).Window(2).Done() },
		"blocks": func(x *graph.Node) *graph.Node {
			return graph.ReduceMax(graph.Reshape(x, 32, 16, 2, 16, 2, 32), 2, 4)
		},
	} {
		b.Run(name, func(b *testing.B) {
			exec, err := graph.NewExec(testBackend(b), func(x *graph.Node) []*graph.Node {
				y := graph.ReduceAllSum(graph.Square(f(x)))
				return append(graph.Gradient(y, x), y)
			})
			if err != nil {
				b.Fatal(err)
			}
			x := tensors.FromFlatDataAndDimensions(formula(32*32*32*32), 32, 32, 32, 32)
			for b.Loop() {
				if _, err := exec.Call(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleMaxPooling2D() {
	in := Input(7, 5, 3)
	fmt.Println(MaxPooling2D(2).Apply(in).Shape())
	fmt.Println(MaxPooling2D(2).Padding(Same).Apply(in).Shape())
	fmt.Println(MaxPooling2D(2).Apply(Input(1, 5, 3)).Err())
	// Output:
	// (None, 3, 2, 3)
	// (None, 4, 3, 3)
	// layer unnamed (MaxPooling2D): height: a window of 2 does not fit into 1 with padding "valid"
}

// TestMaxPooling2DGradient: a window's gradient goes to its first maximum, and
// pixels outside of all windows get none.
func TestMaxPooling2DGradient(t *testing.T) {
	for _, c := range []struct {
		name          string
		layer         *MaxPooling2DLayer
		height, width int
	}{
		{"2x2", MaxPooling2D(2), 6, 4},
		{"a row and a column are left over", MaxPooling2D(2), 7, 5},
		{"3x2", MaxPooling2D(3, 2), 6, 6},
		{"overlapping", MaxPooling2D(3).Strides(2), 7, 9},
		{"gaps", MaxPooling2D(2).Strides(3), 8, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			const images, channels = 2, 3
			x := make([]float32, images*c.height*c.width*channels)
			for i := range x {
				x[i] = float32(i * i % 5) // many equals
			}
			exec, err := graph.NewExec(testBackend(t), func(x *graph.Node) []*graph.Node {
				y := c.layer.Call(nil, []*graph.Node{x})
				numbers := graph.AddScalar(graph.Iota(y.Graph(), shapes.Make(dtypes.Float32, y.Shape().Size()), 0), 1)
				weighted := graph.Mul(y, graph.Reshape(numbers, y.Shape().Dimensions...))
				return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(weighted), x)[0]}
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := exec.Call(tensors.FromFlatDataAndDimensions(x, images, c.height, c.width, channels))
			if err != nil {
				t.Fatal(err)
			}
			y, dx := maximaAndGradient(x, [4]int{images, c.height, c.width, channels},
				c.layer.window.size, c.layer.window.strides)
			for i, want := range [][]float32{y, dx} {
				tensors.MustConstFlatData(got[i], func(flat []float32) {
					if !slices.Equal(flat, want) {
						t.Errorf("result %d: %v, want %v", i, flat, want)
					}
				})
			}
		})
	}
}

// maximaAndGradient pools x, and gives the gradient of the sum of the results
// times 1, 2, 3, …
func maximaAndGradient(x []float32, shape [4]int, size, strides []int) (y, dx []float32) {
	dx = make([]float32, len(x))
	index := func(n, row, column, channel int) int {
		return ((n*shape[1]+row)*shape[2]+column)*shape[3] + channel
	}
	for n := range shape[0] {
		for top := 0; top+size[0] <= shape[1]; top += strides[0] {
			for left := 0; left+size[1] <= shape[2]; left += strides[1] {
				for channel := range shape[3] {
					at := index(n, top, left, channel)
					for u := range size[0] {
						for v := range size[1] {
							if i := index(n, top+u, left+v, channel); x[i] > x[at] {
								at = i
							}
						}
					}
					y = append(y, x[at])
					dx[at] += float32(len(y))
				}
			}
		}
	}
	return y, dx
}
