package layers

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestBatchNormalizationLeavesPaddingOut: a batch of 3 filled up to 5 gives the
// results and statistics of the 3 alone.
func TestBatchNormalizationLeavesPaddingOut(t *testing.T) {
	run := func(values []float32, mask []float32) [][]float32 {
		m := Sequential("bn", Input(2, 1, 3), BatchNormalization())
		if err := m.InitializeMissing(); err != nil {
			t.Fatal(err)
		}
		variables := m.Variables()
		args := []any{tensors.FromFlatDataAndDimensions(values, len(mask), 2, 1, 3), mask}
		for _, v := range variables {
			args = append(args, v.Value)
		}
		exec, err := graph.NewExec(testBackend(t), func(nodes []*graph.Node) []*graph.Node {
			c := NewPass(nodes[0].Graph(), true, func(v *Variable) *graph.Node {
				for i := range variables {
					if variables[i] == v {
						return nodes[2+i]
					}
				}
				return nil
			}, nil)
			c.Mask = nodes[1]
			out := m.Forward(c, nodes[0])
			for _, u := range c.Updates() {
				out = append(out, u.Value)
			}
			return out
		})
		if err != nil {
			t.Fatal(err)
		}
		all, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		var flat [][]float32
		for _, x := range all {
			flat = append(flat, tensors.MustCopyFlatData[float32](x))
		}
		return flat
	}
	real := formula(3 * 6)
	filler := make([]float32, 2*6)
	for i := range filler {
		filler[i] = 100
	}
	want := run(real, []float32{1, 1, 1})
	got := run(append(append([]float32{}, real...), filler...), []float32{1, 1, 1, 0, 0})
	for i, what := range []string{"result", "moving mean", "moving variance"} {
		for j, v := range want[i] {
			if math.Abs(float64(got[i][j]-v)) > 1e-5 {
				t.Errorf("%s[%d] = %g with padding, %g without", what, j, got[i][j], v)
			}
		}
	}
}

// TestFrozenBatchNormalizationStaysFrozen: building the graph for training does
// not thaw the layer nor touch its statistics, and thawing brings both back.
func TestFrozenBatchNormalizationStaysFrozen(t *testing.T) {
	bn := BatchNormalization()
	m := Sequential("bn", Input(4), bn)
	if err := m.InitializeMissing(); err != nil {
		t.Fatal(err)
	}
	x := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(formula(12), 3, 4)}
	for _, frozen := range []bool{true, false, true} {
		bn.SetTrainable(!frozen)
		got := pass(t, m, true, x, x)
		if bn.Trainable() == frozen || (len(got.updates) == 0) != frozen || (len(m.TrainableVariables()) == 0) != frozen {
			t.Errorf("frozen %v: %d statistics updated, %d trainable variables", frozen, len(got.updates),
				len(m.TrainableVariables()))
		}
	}
}
