package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// slowExecution is how long a user should wait for news, or for a fit to stop.
const slowExecution = 250 * time.Millisecond

// AtOnce is how many steps an execution does that begins with the given step of
// an epoch: one, or many where they end with the epoch.
func (t *Trainer) AtOnce(step int) int {
	if t.many != nil && (t.Steps()-step)%t.many.repeat == 0 {
		return t.many.repeat
	}
	return 1
}

// stepsAtOnce is how many steps of an epoch a backend should do in one
// execution: a number that divides them, if there is one that is large enough.
// Few more than what hides the start of an execution, since a fit can be
// interrupted between two of them alone.
func stepsAtOnce(backend compute.Backend, steps int) int {
	if !xla.IsGPU(backend) {
		return 1
	}
	for n := min(mostAtOnce, steps); n >= fewestAtOnce; n-- {
		if steps%n == 0 {
			return n
		}
	}
	return min(mostAtOnce, steps)
}

const fewestAtOnce, mostAtOnce = 8, 25

// Run starts the next n steps, as many as atOnce says or one, and returns when
// the execution before has ended, or failed. The state is the next step's from
// then on, but only for it: whoever else wants to look at it has to wait.
func (t *Trainer) Run(n int) error {
	program := t.trainStep
	if n > 1 {
		program = t.many
	}
	if err := t.setRates(t.Task.Rates()); err != nil {
		return err
	}
	a := t.args()
	lists := [][]*tensors.Tensor{listStep(a)} // one for each device
	if t.mirror != nil {
		var err error
		if lists, err = t.mirror.follow(lists[0]); err != nil {
			return ExplainMemory(err, t.Batch)
		}
	}
	if err := program.prepare(slices.Concat(lists...)); err != nil {
		return err
	}
	var args []any
	replaced := program.replaced(len(lists[0]), fixed(a))
	for device, list := range lists {
		first := len(args)
		for _, tensor := range list {
			args = append(args, tensor)
		}
		for _, i := range replaced {
			donated, err := graph.DonateTensorBuffer(list[i], t.Backend, compute.DeviceNum(device))
			if err != nil {
				return fmt.Errorf("layers: model %q: preparing a step: %w", t.Task.Name(), err)
			}
			args[first+i] = donated
		}
	}
	started := time.Now()
	out, err := callAhead(&t.ahead, program.exec, args)
	if n > 1 && time.Since(started) > t.slow { // so long took the one before
		t.many = nil
	}
	if err != nil {
		return fmt.Errorf("layers: model %q: running a step: %w", t.Task.Name(), ExplainMemory(err, t.Batch))
	}
	t.accept(program, out[:len(replaced)])
	if t.mirror != nil {
		t.mirror.accept(out, replaced)
	}
	return nil
}

// callAhead starts a program and returns its results, which may not be there yet,
// when the one before has ended.
func callAhead(ahead *xlaplugin.Ahead, exec *graph.Exec, args []any) (out []*tensors.Tensor, err error) {
	err = ahead.Run(func() (err error) {
		out, err = exec.Call(args...)
		return err
	})
	return out, err
}

// Wait returns when all steps that were started have ended.
func (t *Trainer) Wait() error {
	if err := t.ahead.Wait(); err != nil {
		return fmt.Errorf("layers: model %q: running a step: %w", t.Task.Name(), ExplainMemory(err, t.Batch))
	}
	return nil
}

// prepare compiles the step for the arguments' shapes, if it is not yet: only
// then is known which statistics a step changes, hence which arguments it may
// consume. Nothing is consumed by a step that does not compile.
func (s *trainStep) prepare(args []*tensors.Tensor) error {
	argShapes := make([]shapes.Shape, len(args))
	for i, tensor := range args {
		argShapes[i] = tensor.Shape()
	}
	if err := xla.Catch(func() {
		if _, err := s.exec.Compile(argShapes...); err != nil {
			panic(err)
		}
	}); err != nil {
		return fmt.Errorf("layers: model %q: compiling the training step: %w", s.Task.Name(), ExplainMemory(err, s.Batch))
	}
	return nil
}

// args collects the step's arguments.
func (t *Trainer) args() *stepArgs[*tensors.Tensor] {
	a := &stepArgs[*tensors.Tensor]{
		data: t.Data.dataArgs, order: t.order, count: cmp.Or(t.Data.count, t.count), seed: t.seed,
		rates: t.rates, classWeights: t.classWeights,
		step: t.step, iterations: t.iterations, sums: t.sums, firstBad: t.firstBad,
	}
	for _, c := range t.Trainable {
		a.weights = append(a.weights, *c)
	}
	for _, slot := range t.Slots {
		a.slots = append(a.slots, t.State.Slots[slot.Key])
	}
	for _, c := range t.Others {
		a.others = append(a.others, *c)
	}
	return a
}

// accept takes a program's results as the new state.
func (t *Trainer) accept(program *trainStep, out []*tensors.Tensor) {
	t.step, t.iterations, t.sums, t.firstBad = out[0], out[1], out[2], out[3]
	out = out[4:]
	for i, c := range t.Trainable {
		*c = out[i]
	}
	out = out[len(t.Trainable):]
	for i, slot := range t.Slots {
		t.State.Slots[slot.Key] = out[i]
	}
	out = out[len(t.Slots):]
	for i, c := range t.Others {
		if program.updated[i] {
			*c, out = out[0], out[1:]
		}
	}
	t.State.Iterations += program.repeat
}
