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

// Task is what is trained: a model with its loss, metrics and optimizer.
type Task interface {
	// Name is the model's, for errors and for the names of programs.
	Name() string
	// Compute adds a batch to the graph: forward pass, loss and metrics.
	Compute(b *Batch) *Computed
	// Metrics is how many there are beside the loss.
	Metrics() int
	// Slots is how many values the optimizer keeps for each weight.
	Slots() int
	// LearningRate is that of the next step.
	LearningRate() float64
	// Update adds the optimizer's step for one weight to the graph and returns
	// the new weight and new slots. Rate and iteration, 1 in the first step, are
	// float32 scalars.
	Update(rate, iteration, weight, gradient *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node)
}

// Batch is what a Task computes.
type Batch struct {
	Graph    *graph.Graph
	Training bool
	// Values are the nodes of the model's cells.
	Values map[Cell]*graph.Node
	// Inputs are float32; Targets int32 or float32.
	Inputs, Targets *graph.Node
	// Size is the number of examples, Mask says which are real, float32 [batch];
	// nil means all.
	Size int
	Mask *graph.Node
	// ClassWeights are float32 [classes], nil if there are none.
	ClassWeights *graph.Node
	// Seed is a uint32 scalar, from which the step's random numbers follow.
	Seed *graph.Node
}

// Computed is what a Task returns for a batch: totals, which the device adds up
// over an epoch. Keras' means over an epoch are these divided by the number of
// examples.
type Computed struct {
	// Loss, class weights included, Count, the number of real examples, and
	// Metrics are float32 scalars.
	Loss, Count *graph.Node
	Metrics     []*graph.Node
	// Updates are new values of cells that the forward pass itself computes.
	Updates map[Cell]*graph.Node
}

// meanLoss is what a step makes small.
func (c *Computed) meanLoss() *graph.Node { return graph.Div(c.Loss, c.Count) }

// sums holds count, loss and metrics: float32 [2+metrics].
func (c *Computed) sums() *graph.Node {
	parts := append([]*graph.Node{c.Count, c.Loss}, c.Metrics...)
	for i, p := range parts {
		parts[i] = graph.Reshape(p, 1)
	}
	return graph.Concatenate(parts, 0)
}

// State is what an optimizer knows from the steps so far. It outlives a
// Trainer: the next one goes on from it.
type State struct {
	Iterations int
	Slots      map[Cell][]*tensors.Tensor // nil before the first Trainer
}
