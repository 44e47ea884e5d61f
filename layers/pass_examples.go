package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Epoch is the epoch of a training step, counted from 0 since the first step: an
// int32 scalar. It is nil where the pass is not one of Fit's steps on examples in
// memory.
func (c *Pass) Epoch() *graph.Node { return c.epoch }

// ExampleBits returns random bits of each example, uint32 [batch], that the
// example has in every epoch of a fit. Each call has a stream of its own, and
// each seed of a fit other bits. It returns nil where Epoch does.
func (c *Pass) ExampleBits() *graph.Node {
	if c.places == nil {
		return nil
	}
	c.streams++
	return xla.HashBits(c.fitSeed, c.streams, graph.ConvertDType(c.places, dtypes.Uint32))
}
