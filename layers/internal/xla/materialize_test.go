package xla

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestMaterialize wants every bit of the values, and a gradient of one for
// each.
func TestMaterialize(t *testing.T) {
	values := []float32{0, float32(math.Copysign(0, -1)), 1, -1.5,
		math.MaxFloat32, math.SmallestNonzeroFloat32, 1e-38, 0.1,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	small := []uint8{0, 1, 2, 3, 15, 16, 127, 128, 255}
	out, err := graph.CallOnceN(testBackend(t), func(x, small *graph.Node) []*graph.Node {
		y := Materialize(x)
		return []*graph.Node{y, Materialize(small), graph.Gradient(graph.ReduceAllSum(y), x)[0]}
	}, tensors.FromValue(values), tensors.FromValue(small))
	if err != nil {
		t.Fatal(err)
	}
	got, gradient := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[2])
	for i, want := range values {
		if math.Float32bits(got[i]) != math.Float32bits(want) {
			t.Errorf("%g became %g (%x, %x)", want, got[i], math.Float32bits(want), math.Float32bits(got[i]))
		}
		if gradient[i] != 1 {
			t.Errorf("the gradient at %g is %g", want, gradient[i])
		}
	}
	if got := tensors.MustCopyFlatData[uint8](out[1]); !slices.Equal(got, small) {
		t.Errorf("got %v, want %v", got, small)
	}
}
