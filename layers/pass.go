package layers

import (
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Pass is the context of one forward pass while its graph is built: it hands
// out the nodes of variables, random numbers, and takes new values of
// statistics. Whoever builds the graph makes one per pass.
type Pass struct {
	// Graph is the graph being built.
	Graph *graph.Graph
	// Training is true in a training step: dropout drops, batch normalization
	// uses the batch's statistics.
	Training bool
	// Mask says which examples of the batch are real: float32 [batch], 1 for
	// real ones and 0 for those that only fill up the last batch of an epoch.
	// Nil means that all are. Batch normalization leaves the others out.
	Mask *graph.Node

	value     func(*Variable) *graph.Node
	seed      *graph.Node
	streams   uint32
	updates   []Update
	losses    []*graph.Node
	logits    map[*graph.Node]*graph.Node
	stepMasks map[*graph.Node]*graph.Node // which steps of a node count; see Masker
	rows      map[*graph.Node]*graph.Node // what convolutions read instead; see pointwise
	mixed     bool                        // some layer computes in another type than float32
	compute   dtypes.DType                // of the layer that is being called, where mixed
	policy    DTypePolicy                 // of all layers; "" leaves each its own
	places    *graph.Node                 // the examples' places in the data; with the next two nil outside of Fit
	epoch     *graph.Node
	fitSeed   *graph.Node
}

// Update is a new value for a variable that the forward pass itself computes.
type Update struct {
	Variable *Variable
	Value    *graph.Node
}

// NewPass returns the context of one pass. value returns the node that holds a
// variable's value in this graph. seed is a uint32 scalar, different in every
// training step, from which all random numbers of the step follow; it may be
// nil where nothing random happens (training false, or no dropout).
func NewPass(g *graph.Graph, training bool, value func(*Variable) *graph.Node, seed *graph.Node) *Pass {
	return &Pass{Graph: g, Training: training, value: value, seed: seed,
		logits: map[*graph.Node]*graph.Node{}, rows: map[*graph.Node]*graph.Node{},
		stepMasks: map[*graph.Node]*graph.Node{}}
}

// Value returns the node of a variable: its newest value, if the pass has
// updated it already, in the type in which the layer computes.
func (c *Pass) Value(v *Variable) *graph.Node {
	value := c.newest(v)
	if c.mixed && c.compute != dtypes.InvalidDType {
		return c.as(value, c.compute)
	}
	return value
}

func (c *Pass) newest(v *Variable) *graph.Node {
	for _, u := range slices.Backward(c.updates) {
		if u.Variable == v {
			return u.Value
		}
	}
	return c.value(v)
}

// Bits returns uniformly distributed uint32 values of the given dimensions.
// Each call has a stream of its own, and each step (seed) other numbers.
func (c *Pass) Bits(dimensions ...int) *graph.Node {
	if c.seed == nil {
		panic("layers: this pass needs random numbers, but NewPass got no seed")
	}
	c.streams++
	return xla.RandomBits(c.seed, c.streams, dimensions...)
}

// Update records a variable's new value. Gradients do not flow through it.
func (c *Pass) Update(v *Variable, value *graph.Node) {
	if c.mixed {
		value = c.as(value, dtypes.Float32)
	}
	c.updates = append(c.updates, Update{v, graph.StopGradient(value)})
}

// Updates returns the last new value of every variable that the pass updated,
// in order of first update.
func (c *Pass) Updates() []Update {
	var last []Update
	for _, u := range c.updates {
		i := slices.IndexFunc(last, func(x Update) bool { return x.Variable == u.Variable })
		if i < 0 {
			last = append(last, u)
		} else {
			last[i] = u
		}
	}
	return last
}

// Logits returns the value that went into the softmax (over the last axis)
// whose result is probabilities, and whether there is one. A loss computed
// from logits is exact where probabilities round to 0 or 1; Keras on
// TensorFlow looks for them in the same way.
func (c *Pass) Logits(probabilities *graph.Node) (*graph.Node, bool) {
	logits, ok := c.logits[probabilities]
	return logits, ok
}
