package layers

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Uniform returns float32 values of the given dimensions, uniformly distributed
// over [low, high): 2^24 different ones. Each call has a stream of its own, and
// each step other numbers, as with [Pass.Bits].
func (c *Pass) Uniform(low, high float64, dimensions ...int) *graph.Node {
	return graph.AddScalar(graph.MulScalar(c.unit(dimensions), high-low), low)
}

// Normal returns float32 values from a normal distribution of mean 0 and
// standard deviation 1 (Box and Muller 1958).
func (c *Pass) Normal(dimensions ...int) *graph.Node {
	// 1-u lies in (0, 1], whose logarithm is finite
	radius := graph.Sqrt(graph.MulScalar(graph.Log(graph.AddScalar(graph.Neg(c.unit(dimensions)), 1)), -2))
	return graph.Mul(radius, graph.Cos(graph.MulScalar(c.unit(dimensions), 2*math.Pi)))
}

// Permutation returns a random order of n things: int32 [n], each number below
// n once.
func (c *Pass) Permutation(n int) *graph.Node {
	// TopK of float32 numbers, whose order is the same on every backend. Two
	// equal numbers keep their order; at 2^24 different ones that is rare.
	_, order := graph.TopK(c.unit([]int{n}), n, 0)
	return graph.ConvertDType(order, dtypes.Int32)
}

// unit returns values of [0, 1): the upper 24 bits of random ones, which a
// float32 holds exactly.
func (c *Pass) unit(dimensions []int) *graph.Node {
	bits := graph.BitwiseShiftRightLogicalScalar(c.Bits(dimensions...), uint32(8))
	return graph.MulScalar(graph.ConvertDType(bits, dtypes.Float32), 1.0/(1<<24))
}
