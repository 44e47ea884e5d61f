package xla

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomBits returns uniformly distributed uint32 values of the given
// dimensions. They follow from seed, a uint32 scalar, and stream: other streams
// have other numbers.
//
// The numbers are a hash of the element's index: two rounds of multiply and
// xor-shift (Chris Wellons' lowbias32) with a key mixed in before each, about
// nine integer operations a value that XLA fuses into the reader. Philox, the
// generator behind the RandomUniform of GoMLX 0.28, took half of a training
// step of the walkthrough's second model.
func RandomBits(seed *graph.Node, stream uint32, dimensions ...int) *graph.Node {
	shape := shapes.Make(dtypes.Uint32, dimensions...)
	places := graph.Iota(seed.Graph(), shapes.Make(dtypes.Uint32, shape.Size()), 0)
	return graph.Reshape(HashBits(seed, stream, places), dimensions...)
}

// HashBits returns the numbers of [RandomBits] that stand at the given places of
// the stream, uint32 of any shape.
func HashBits(seed *graph.Node, stream uint32, places *graph.Node) *graph.Node {
	first := scramble(graph.AddScalar(seed, stream*0x9e3779b9))
	second := scramble(graph.AddScalar(first, uint32(0x85ebca6b)))
	x := xorShift(graph.BitwiseXor(places, first), 16)
	x = xorShift(graph.MulScalar(x, uint32(0x7feb352d)), 15)
	x = graph.MulScalar(graph.Add(x, second), uint32(0x846ca68b))
	return xorShift(x, 16)
}

// scramble is lowbias32 on a scalar.
func scramble(x *graph.Node) *graph.Node {
	x = xorShift(x, 16)
	x = xorShift(graph.MulScalar(x, uint32(0x7feb352d)), 15)
	x = xorShift(graph.MulScalar(x, uint32(0x846ca68b)), 16)
	return x
}

func xorShift(x *graph.Node, bits int) *graph.Node {
	return graph.BitwiseXor(x, graph.BitwiseShiftRightLogicalScalar(x, uint32(bits)))
}
