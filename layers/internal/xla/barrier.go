package xla

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// AfterAllGradients holds a step's gradients back until the last of them is
// computed; those that are widened bfloat16, before they are widened.
//
// Then no weight is read after its update, and XLA (JAX 0.11.2) need not copy
// it to write the new one in place.
func AfterAllGradients(gradients []*graph.Node) []*graph.Node {
	narrow := slices.Clone(gradients)
	for i, v := range gradients {
		if v.Type() == graph.NodeTypeConvertDType && v.Inputs()[0].DType() == dtypes.BFloat16 {
			narrow[i] = v.Inputs()[0]
		}
	}
	ready := graph.OptimizationBarriers(narrow...)
	for i, v := range gradients {
		if narrow[i] != v {
			ready[i] = graph.ConvertDType(ready[i], v.DType())
		}
	}
	return ready
}
