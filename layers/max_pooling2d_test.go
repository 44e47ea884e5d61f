package layers

import (
	"fmt"
	"testing"

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
