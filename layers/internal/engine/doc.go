// Package engine trains and measures a model on the devices of a backend:
// where its data and its values lie, the program of a training step, several
// steps in one execution, several devices, and the sums over an epoch.
//
// It knows neither layers nor optimizers. A [Task] computes a batch and moves a
// weight, both as GoMLX graph functions; a [Cell] is where a value of the model
// is kept between programs. What an epoch is made of, when it ends and what is
// saved is left to package layers.
package engine

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Cell is where the model keeps a value, such as a weight or a statistic.
// Programs read it and put its successor there.
type Cell = **tensors.Tensor

// Task is what is trained: a model with its losses, metrics and optimizer.
type Task interface {
	// Name is the model's, for errors and for the names of programs.
	Name() string
	// Sums is how many figures beside the number of examples a batch adds to.
	Sums() int
	// Rates are the learning rates of the next step, one for each optimizer.
	Rates() []float64
	// Measure adds a batch to the graph: forward pass, losses and metrics.
	Measure(b *Batch) *Computed
	// Train does the same for a training step, and moves the weights.
	Train(b *Batch, s *Step) *Computed
}

// Batch is what a Task computes.
type Batch struct {
	Graph *graph.Graph
	// Training is true in a training step.
	Training bool
	// Values are the nodes of the model's cells.
	Values map[Cell]*graph.Node
	// Inputs are float32; Targets int32 or float32.
	Inputs, Targets []*graph.Node
	// Weights are those of the examples, float32 [batch]: none, one for all
	// targets, or one for each.
	Weights []*graph.Node
	// Size is the number of examples, Mask says which are real, float32 [batch];
	// nil means all.
	Size int
	Mask *graph.Node
	// ClassWeights are float32 [classes], nil if there are none.
	ClassWeights *graph.Node
	// Seed is a uint32 scalar, from which the step's random numbers follow.
	Seed *graph.Node
	// Rows are the examples' places in the data, int32 [batch]; Epoch, an int32
	// scalar, counts from 0 the epochs since the first step; FitSeed, uint32, is
	// the same in all steps of a fit. They are nil outside of training, and for
	// a stream.
	Rows, Epoch, FitSeed *graph.Node
}

// Step is what a training step changes, and what it has to know for that.
type Step struct {
	// Rates and Iteration, 1 in the first step, are float32 scalars.
	Rates     []*graph.Node
	Iteration *graph.Node
	// Weights and Slots are the nodes of Config's, in its order. Train replaces
	// them by their successors.
	Weights, Slots []*graph.Node
}

// Computed is what a Task returns for a batch: totals, which the device adds up
// over an epoch. Keras' means over an epoch are these divided by the number of
// examples.
type Computed struct {
	// Count is the number of real examples, a float32 scalar.
	Count *graph.Node
	// Sums are what the batch adds to the task's sums, the loss first, class
	// weights included: float32 of any shape, as many values as Task says.
	Sums []*graph.Node
	// Mean is what a step makes small. It has to be finite.
	Mean *graph.Node
	// Updates are new values of cells that the forward pass itself computes.
	Updates map[Cell]*graph.Node
}

// sums holds count and sums: float32 [1+Task.Sums].
func (c *Computed) sums() *graph.Node {
	parts := append([]*graph.Node{c.Count}, c.Sums...)
	for i, p := range parts {
		parts[i] = graph.Reshape(p, p.Shape().Size())
	}
	return graph.Concatenate(parts, 0)
}

// Slot is a value that an optimizer keeps between steps, float32.
type Slot struct {
	// Key is what State knows it by.
	Key any
	// Shape has no batch axis; Start makes the first values.
	Shape []int
	Start func() ([]float32, error)
}

// State is what an optimizer knows from the steps so far. It outlives a
// Trainer: the next one goes on from it.
type State struct {
	Iterations int
	Slots      map[any]*tensors.Tensor // by Slot.Key; nil before the first Trainer
}
