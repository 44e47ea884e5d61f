package layers

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// BenchmarkCompileLSTM is the time that it takes to compile the gradient of an
// LSTM over some steps.
func BenchmarkCompileLSTM(b *testing.B) {
	for _, steps := range []int{10, 20, 40} {
		b.Run(fmt.Sprint(steps), func(b *testing.B) { compileLSTM(b, steps) })
	}
}

func compileLSTM(b *testing.B, steps int) {
	backend, err := Backend()
	if err != nil {
		b.Fatal(err)
	}
	for range b.N {
		in := Input(steps, 8)
		m := Functional("", Symbols{in}, Symbols{LSTM(32).Apply(in)})
		if err := m.Initialize(); err != nil {
			b.Fatal(err)
		}
		args := []any{tensors.FromShape(shapes.Make(dtypes.Float32, 32, steps, 8))}
		for _, v := range m.Variables() {
			args = append(args, v.Value)
		}
		run, err := graph.NewExec(backend, func(nodes []*graph.Node) []*graph.Node {
			at := map[*Variable]*graph.Node{}
			for i, v := range m.Variables() {
				at[v] = nodes[1+i]
			}
			c := NewPass(nodes[0].Graph(), true, func(v *Variable) *graph.Node { return at[v] }, nil)
			return graph.Gradient(graph.ReduceAllSum(m.Forward(c, nodes[0])[0]), nodes[1:]...)
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := run.Call(args...); err != nil {
			b.Fatal(err)
		}
		run.Finalize()
	}
}
