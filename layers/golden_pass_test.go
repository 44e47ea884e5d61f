package layers

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// passResult is what one pass through a model gives.
type passResult struct {
	outputs, inputGrads, weightGrads []*tensors.Tensor
	updates                          map[*Variable]*tensors.Tensor
}

// pass runs a model forward and back: the gradient of the sum of
// output*upstream with respect to inputs and trainable variables.
func pass(t *testing.T, m *Model, training bool, in, upstream []*tensors.Tensor) passResult {
	t.Helper()
	variables, trainable := m.Variables(), m.TrainableVariables()
	args := []any{uint32(7)}
	for _, v := range variables {
		args = append(args, v.Value)
	}
	for _, x := range append(in, upstream...) {
		args = append(args, x)
	}
	var updated []*Variable
	run, err := graph.NewExec(testBackend(t), func(nodes []*graph.Node) []*graph.Node {
		byVariable := map[*Variable]*graph.Node{}
		for i, v := range variables {
			byVariable[v] = nodes[1+i]
		}
		xs := nodes[1+len(variables):][:len(in)]
		ups := nodes[1+len(variables)+len(in):]
		c := NewPass(nodes[0].Graph(), training, func(v *Variable) *graph.Node { return byVariable[v] }, nodes[0])
		out := m.Forward(c, xs...)
		var total *graph.Node
		for i, y := range out {
			y = graph.ConvertDType(y, dtypes.Float32) // of a layer in bfloat16
			out[i] = y
			sum := graph.ReduceAllSum(graph.Mul(y, ups[i]))
			if total == nil {
				total = sum
			} else {
				total = graph.Add(total, sum)
			}
		}
		of := append([]*graph.Node{}, xs...)
		for _, v := range trainable {
			of = append(of, byVariable[v])
		}
		out = append(out, graph.Gradient(total, of...)...)
		updated = nil
		for _, u := range c.Updates() {
			updated = append(updated, u.Variable)
			out = append(out, u.Value)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Finalize()
	all, err := run.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	take := func(n int) []*tensors.Tensor {
		head := all[:n]
		all = all[n:]
		return head
	}
	r := passResult{outputs: take(len(upstream)), inputGrads: take(len(in)), weightGrads: take(len(trainable)),
		updates: map[*Variable]*tensors.Tensor{}}
	for i, v := range updated {
		r.updates[v] = all[i]
	}
	return r
}
