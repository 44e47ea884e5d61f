package layers

import (
	"fmt"
	"math"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
)

// Optimizer changes weights along their gradients. The optimizers here are
// Keras 3's: [Adadelta], [Adafactor], [Adagrad], [Adam], [Adamax], [AdamW],
// [Ftrl], [Lamb], [Lion], [Muon], [Nadam], [RMSprop], [ScheduleFreeAdamW], [SGD],
// and [PerGroup] of them. Another one embeds [OptimizerBase], which supplies
// everything but Slots and Update (and Config, where there are settings), and is
// registered, see [RegisterOptimizer], where files shall hold it. Update is
// compiled into the training step. What Slots cannot say is up to [SlotLayout].
type Optimizer interface {
	Configured
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
	// Err returns the first invalid argument, nil if there is none.
	Err() error
}

// OptimizerStep holds what a step's updates have in common: float32 scalars.
type OptimizerStep struct {
	LearningRate *graph.Node
	// Iteration counts all steps since Compile, 1 in the first. With
	// [GradientAccumulation] it counts those that move the weights.
	Iteration *graph.Node
	// Variable is the weight's.
	Variable *Variable
	// Shared are the slots that belong to no variable, by name: see [SharedSlots].
	Shared map[string]*graph.Node
}

// OptimizerBase is what all optimizers share: the class, the learning rate,
// which callbacks may change while a fit runs, and the first wrong argument.
// Embed it and call Init in the constructor.
type OptimizerBase struct {
	class string
	mu    sync.Mutex
	rate  float64
	err   error

	settings optimizerSettings
}

// Init sets the class, "mine>Lion" for one's own, the first learning rate, and
// options that every optimizer has.
func (o *OptimizerBase) Init(class string, rate float64, options ...OptimizerOption) {
	o.class, o.rate = class, rate
	o.Set(options...)
}

func (o *OptimizerBase) base() *OptimizerBase { return o }

// settingsOf returns the options of an optimizer, nil if it has no
// OptimizerBase.
func settingsOf(o Optimizer) *optimizerSettings {
	if b, ok := o.(interface{ base() *OptimizerBase }); ok {
		return &b.base().settings
	}
	return nil
}

// Class returns the class name.
func (o *OptimizerBase) Class() string { return o.class }

// LearningRate returns the rate of the next step.
func (o *OptimizerBase) LearningRate() float64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rate
}

// SetLearningRate changes the rate from the next step on.
func (o *OptimizerBase) SetLearningRate(rate float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rate = rate
}

// Err returns the first invalid argument.
func (o *OptimizerBase) Err() error {
	if rate := o.LearningRate(); o.err == nil && !(rate >= 0 && rate <= math.MaxFloat32) {
		return fmt.Errorf("a learning rate must be a finite number from 0 on, got %v", rate)
	}
	return o.err
}

// Want keeps an error unless an option's value is right, which is what wanted
// says: Want(beta >= 0 && beta < 1, "beta", "in [0, 1)", beta).
func (o *OptimizerBase) Want(ok bool, name, wanted string, value float64) {
	if o.err == nil && !ok {
		o.err = fmt.Errorf("%s must be %s, got %v", name, wanted, value)
	}
}

// unit wants 0 <= value < 1, as decay rates must be.
func (o *OptimizerBase) unit(name string, value float64) {
	o.Want(value >= 0 && value < 1, name, "in [0, 1)", value)
}

// positive wants value > 0.
func (o *OptimizerBase) positive(name string, value float64) {
	o.Want(value > 0, name, "above 0", value)
}

// Config returns the settings that every optimizer has, by Keras' keys.
// Optimizers with more add them to this map.
func (o *OptimizerBase) Config() map[string]any {
	c := map[string]any{"name": SnakeCase(o.class), "learning_rate": o.LearningRate()}
	if s := o.settings.schedule; s != nil {
		c["learning_rate"] = scheduleClasses.save(s)
	}
	o.settings.config(c)
	return c
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
