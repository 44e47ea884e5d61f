package layers

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Schedule is a learning rate that follows the number of steps, see
// [WithSchedule]: [CosineDecay], [CosineDecayRestarts], [ExponentialDecay],
// [InverseTimeDecay], [PiecewiseConstantDecay], [PolynomialDecay], a function
// ([ScheduleFunc]), or a type of one's own, which is registered, see
// [RegisterSchedule], where files shall hold it. The device computes it within
// the step.
type Schedule interface {
	Configured
	// Rate adds the rate of a step to the graph, a float32 scalar. step, the same,
	// counts the steps before it: 0 in the first.
	Rate(step *graph.Node) *graph.Node
	// Err returns the first invalid argument, nil if there is none.
	Err() error
}

// ScheduleFunc makes a schedule of a function as [Schedule]'s Rate. Files cannot
// hold it.
func ScheduleFunc(rate func(step *graph.Node) *graph.Node) Schedule { return scheduleFunc(rate) }

type scheduleFunc func(step *graph.Node) *graph.Node

func (f scheduleFunc) Rate(step *graph.Node) *graph.Node { return f(step) }
func (scheduleFunc) Class() string                       { return "ScheduleFunc" }
func (scheduleFunc) Config() map[string]any              { return map[string]any{} }
func (f scheduleFunc) Err() error {
	if f == nil {
		return fmt.Errorf("the function is nil")
	}
	return nil
}

// RegisterSchedule is [RegisterLayer] for schedules.
func RegisterSchedule(class string, read func(*Settings) Schedule) {
	scheduleClasses.register(class, read)
}

var scheduleClasses = registry[Schedule]{kind: "schedule", module: "keras.optimizers.schedules"}

// RateAt computes the learning rate of a step, counted from 0.
func RateAt(s Schedule, step int) (float64, error) {
	if err := s.Err(); err != nil {
		return 0, fmt.Errorf("layers: schedule %s: %w", s.Class(), err)
	}
	backend, err := Backend()
	if err != nil {
		return 0, err
	}
	rate, err := graph.CallOnce(backend, s.Rate, float32(step))
	if err != nil {
		return 0, fmt.Errorf("layers: schedule %s: %w", s.Class(), err)
	}
	return float64(tensors.ToScalar[float32](rate)), nil
}

// decay is what most schedules start from: a first rate, and a number of steps.
type decay struct {
	class, name string
	rate, steps float64
	err         error
}

func (d *decay) Class() string { return d.class }
func (d *decay) Err() error    { return d.err }

// want keeps the first error.
func (d *decay) want(ok bool, name, wanted string, value float64) {
	if d.err == nil && !ok {
		d.err = fmt.Errorf("%s must be %s, got %v", name, wanted, value)
	}
}

func newDecay(class string, rate float64, steps int) decay {
	d := decay{class: class, name: class, rate: rate, steps: float64(steps)}
	d.want(rate >= 0, "the initial learning rate", "at least 0", rate)
	d.want(steps > 0, "decay_steps", "above 0", float64(steps))
	return d
}

func (d *decay) config() map[string]any {
	return map[string]any{"initial_learning_rate": d.rate, "decay_steps": int(d.steps), "name": d.name}
}

// scalar is a float32 constant of the graph of x.
func scalar(x *graph.Node, v float64) *graph.Node { return graph.Scalar(x.Graph(), dtypes.Float32, v) }
