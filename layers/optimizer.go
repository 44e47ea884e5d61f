package layers

import (
	"fmt"
	"math"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
)

// Optimizer changes weights along their gradients. The optimizers here are
// Keras 3's: [Adamax], [Adam], [SGD], [RMSprop]. Another one needs only these
// methods; its Update is compiled into the training step.
type Optimizer interface {
	// Class is Keras' class name, "Adamax".
	Class() string
	// LearningRate is the rate of the next step. It is handed to the compiled
	// step as a value: changing it compiles nothing.
	LearningRate() float64
	// SetLearningRate changes the rate from the next step on.
	SetLearningRate(rate float64)
	// Slots names the values kept for each weight between steps, in order
	// ("momentum", "norm"). Each has the weight's shape and starts at zero.
	Slots() []string
	// Update adds one step for one weight to the graph and returns the new
	// weight and new slots. It may panic as GoMLX's graph functions do.
	Update(step OptimizerStep, weight, gradient *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node)
	// Config is what Keras' get_config returns, ready for encoding/json.
	Config() map[string]any
	// Err returns the first invalid argument, nil if there is none.
	Err() error
}

// OptimizerStep holds what a step's updates have in common: float32 scalars.
type OptimizerStep struct {
	LearningRate *graph.Node
	// Iteration counts all steps since Compile, 1 in the first.
	Iteration *graph.Node
}

// optimizerBase is what all optimizers share: the learning rate, which
// callbacks may change while a fit runs, and the first wrong argument.
type optimizerBase struct {
	mu   sync.Mutex
	rate float64
	err  error
}

// LearningRate returns the rate of the next step.
func (o *optimizerBase) LearningRate() float64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rate
}

// SetLearningRate changes the rate from the next step on.
func (o *optimizerBase) SetLearningRate(rate float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rate = rate
}

// Err returns the first invalid argument.
func (o *optimizerBase) Err() error {
	if rate := o.LearningRate(); o.err == nil && !(rate >= 0 && rate <= math.MaxFloat32) {
		return fmt.Errorf("a learning rate must be a finite number from 0 on, got %v", rate)
	}
	return o.err
}

// unit keeps an error unless 0 <= value < 1, as decay rates must be.
func (o *optimizerBase) unit(name string, value float64) {
	if o.err == nil && !(value >= 0 && value < 1) {
		o.err = fmt.Errorf("%s must be in [0, 1), got %v", name, value)
	}
}

// positive keeps an error unless value > 0.
func (o *optimizerBase) positive(name string, value float64) {
	if o.err == nil && !(value > 0) {
		o.err = fmt.Errorf("%s must be above 0, got %v", name, value)
	}
}

// config starts a configuration with Keras' keys for every optimizer.
func (o *optimizerBase) config(name string) map[string]any {
	return map[string]any{
		"name": name, "learning_rate": o.LearningRate(), "weight_decay": nil,
		"clipnorm": nil, "global_clipnorm": nil, "clipvalue": nil,
		"use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": nil,
		"loss_scale_factor": nil, "gradient_accumulation_steps": nil,
	}
}

// toward returns old + (new-old)*(1-decay), the moving average in the form,
// and with the rounding, that Keras has.
func toward(old, new *graph.Node, decay float64) *graph.Node {
	return graph.Add(old, graph.MulScalar(graph.Sub(new, old), 1-decay))
}

// powerOf returns base^exponent for a float32 scalar node.
func powerOf(base float64, exponent *graph.Node) *graph.Node {
	return graph.Pow(graph.Scalar(exponent.Graph(), exponent.DType(), base), exponent)
}
