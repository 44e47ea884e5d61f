package layers

import (
	"fmt"
	"slices"
	"time"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// trainer runs a model's training steps. Everything a step reads or writes
// lives on the device: the data set, the epoch's order, weights, optimizer
// slots, and the running sums of loss and metrics. One step is one execution
// without any transfer, or several are, see atOnce; weights, slots and sums give
// their buffers to their successors.
type trainer struct {
	*trainStep
	many     *trainStep    // several steps in one execution; nil if there is none
	slow     time.Duration // from how long on an execution of several steps is too long
	backend  compute.Backend
	data     *deviceData
	examples int // an epoch's

	seed             *tensors.Tensor   // uint32: where all random numbers start
	classWeights     []*tensors.Tensor // none or one: float32 [classes]
	order, count     *tensors.Tensor   // int32 [steps*batch], and how many are real
	rate             *tensors.Tensor   // float32: the learning rate on the device
	rateValue        float64           // the same on the host
	step, iterations *tensors.Tensor   // int32: steps of this epoch, of all epochs
	sums             *tensors.Tensor   // float32 [2+metrics]
	mirror           *mirror           // the other devices' side; nil for one device
	firstBad         *tensors.Tensor   // int32: first step whose loss is not finite, or -1

	ahead xlaplugin.Ahead // the step that is computed; see wait
}

// optimizerState is what an optimizer knows from the steps so far. It outlives
// a Fit: the next one goes on from it, as in Keras.
type optimizerState struct {
	iterations int
	slots      map[*Variable][]*tensors.Tensor
}

// newTrainer moves the model to the device and prepares its step.
func newTrainer(m *Model, data *deviceData, examples, batch, devices int, seed uint32, classWeights []float32) (*trainer, error) {
	if err := m.InitializeMissing(); err != nil {
		return nil, err
	}
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	program := func(repeat int) (*trainStep, error) {
		return m.compiled.trainStep(m, batch, devices, repeat, examples%batch != 0, classWeights != nil)
	}
	step, err := program(1)
	if err != nil {
		return nil, err
	}
	t := &trainer{trainStep: step, slow: progressEvery, backend: backend, data: data, examples: examples}
	n := stepsAtOnce(backend, t.steps())
	if m.compiled.atOnce > 0 {
		n = m.compiled.atOnce
	}
	if n > 1 && devices == 1 {
		if t.many, err = program(n); err != nil {
			return nil, err
		}
	}
	if devices > 1 {
		t.mirror = newMirror(backend, devices)
	}
	if t.seed, err = toDevice(backend, []uint32{seed}, shapes.Make(dtypes.Uint32)); err != nil {
		return nil, err
	}
	if classWeights != nil {
		weights, err := toDevice(backend, classWeights, shapes.Make(dtypes.Float32, len(classWeights)))
		if err != nil {
			return nil, err
		}
		t.classWeights = []*tensors.Tensor{weights}
	}
	return t, t.settle()
}

// steps is the number of steps of an epoch; the last may be partial.
func (t *trainer) steps() int { return (t.examples + t.batch - 1) / t.batch }

// settle gives every weight and slot a buffer on the device that nobody else
// holds, so that steps may reuse it.
func (t *trainer) settle() error {
	for _, v := range slices.Concat(t.trainable, t.others) {
		value, err := owned(t.backend, v.Value)
		if err != nil {
			return fmt.Errorf("layers: copying %s to the device: %w", v.Path, explainMemory(err, t.batch))
		}
		v.Value = value
	}
	state := &t.compiled.state
	if state.slots == nil {
		state.slots = map[*Variable][]*tensors.Tensor{}
	}
	for _, v := range t.trainable {
		slots := state.slots[v]
		if slots == nil {
			slots = make([]*tensors.Tensor, len(t.compiled.optimizer.Slots()))
			state.slots[v] = slots
		}
		for i := range slots {
			var err error
			if slots[i] == nil {
				slots[i], err = toDevice(t.backend, make([]float32, v.Shape.Size()), shapes.Make(dtypes.Float32, v.Shape...))
			} else {
				slots[i], err = owned(t.backend, slots[i])
			}
			if err != nil {
				return fmt.Errorf("layers: making room for the optimizer: %w", explainMemory(err, t.batch))
			}
		}
	}
	return nil
}

// owned returns the tensor, or a copy of it on the device unless it is there
// already and nowhere else.
func owned(backend compute.Backend, t *tensors.Tensor) (*tensors.Tensor, error) {
	if t.IsOnDevice(0) && !t.IsShared() && !t.HasLocal() {
		return t, nil
	}
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	return toDevice(backend, values, shapes.Make(dtypes.Float32, t.Shape().Dimensions...))
}

// begin starts an epoch at the given step: order lists the examples' rows in
// the order of training, running the sums so far (nil for none).
func (t *trainer) begin(order []int32, step int, running []float32) error {
	if err := t.wait(); err != nil {
		return err
	}
	padded := make([]int32, t.steps()*t.batch)
	copy(padded, order)
	if running == nil {
		running = make([]float32, 2+len(t.compiled.metrics))
	}
	if err := t.setOrder(padded); err != nil {
		return fmt.Errorf("layers: starting an epoch: %w", err)
	}
	for _, x := range []struct {
		to    **tensors.Tensor
		flat  any
		shape shapes.Shape
	}{
		{&t.count, []int32{int32(t.examples)}, shapes.Make(dtypes.Int32)},
		{&t.step, []int32{int32(step)}, shapes.Make(dtypes.Int32)},
		{&t.iterations, []int32{int32(t.compiled.state.iterations)}, shapes.Make(dtypes.Int32)},
		{&t.sums, running, shapes.Make(dtypes.Float32, len(running))},
		{&t.firstBad, []int32{-1}, shapes.Make(dtypes.Int32)},
	} {
		release(*x.to)
		var err error
		if *x.to, err = toDevice(t.backend, x.flat, x.shape); err != nil {
			return fmt.Errorf("layers: starting an epoch: %w", err)
		}
	}
	return nil
}

// setOrder brings an epoch's order, filled up to whole batches, to the devices.
func (t *trainer) setOrder(padded []int32) (err error) {
	if t.mirror != nil {
		t.order, err = t.mirror.setOrder(padded, t.batch)
		return err
	}
	release(t.order)
	t.order, err = toDevice(t.backend, padded, shapes.Make(dtypes.Int32, len(padded)))
	return err
}

// atOnce is how many steps an execution does that begins with the given step of
// an epoch: one, or many where they end with the epoch.
func (t *trainer) atOnce(step int) int {
	if t.many != nil && (t.steps()-step)%t.many.repeat == 0 {
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

// run starts the next n steps, as many as atOnce says or one, and returns when
// the execution before has ended, or failed. The state is the next step's from
// then on, but only for it: whoever else wants to look at it has to wait.
func (t *trainer) run(n int) error {
	program := t.trainStep
	if n > 1 {
		program = t.many
	}
	if err := t.setRate(t.compiled.optimizer.LearningRate()); err != nil {
		return err
	}
	a := t.args()
	lists := [][]*tensors.Tensor{a.list()} // one for each device
	if t.mirror != nil {
		var err error
		if lists, err = t.mirror.follow(lists[0]); err != nil {
			return explainMemory(err, t.batch)
		}
	}
	if err := program.prepare(slices.Concat(lists...)); err != nil {
		return err
	}
	var args []any
	replaced := program.replaced(len(lists[0]), a.fixed())
	for device, list := range lists {
		first := len(args)
		for _, tensor := range list {
			args = append(args, tensor)
		}
		for _, i := range replaced {
			donated, err := graph.DonateTensorBuffer(list[i], t.backend, compute.DeviceNum(device))
			if err != nil {
				return fmt.Errorf("layers: model %q: preparing a step: %w", t.model.Name(), err)
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
		return fmt.Errorf("layers: model %q: running a step: %w", t.model.Name(), explainMemory(err, t.batch))
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

// wait returns when all steps that were started have ended.
func (t *trainer) wait() error {
	if err := t.ahead.Wait(); err != nil {
		return fmt.Errorf("layers: model %q: running a step: %w", t.model.Name(), explainMemory(err, t.batch))
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
	if err := catch(func() {
		if _, err := s.exec.Compile(argShapes...); err != nil {
			panic(err)
		}
	}); err != nil {
		return fmt.Errorf("layers: model %q: compiling the training step: %w", s.model.Name(), explainMemory(err, s.batch))
	}
	return nil
}

// args collects the step's arguments.
func (t *trainer) args() *stepArgs[*tensors.Tensor] {
	a := &stepArgs[*tensors.Tensor]{
		values: t.data.values, targets: t.data.targets, scale: t.data.scale, offset: t.data.offset,
		order: t.order, count: t.count, seed: t.seed, rate: t.rate, classWeights: t.classWeights,
		step: t.step, iterations: t.iterations, sums: t.sums, firstBad: t.firstBad,
	}
	for _, v := range t.trainable {
		a.weights = append(a.weights, v.Value)
		a.slots = append(a.slots, t.compiled.state.slots[v]...)
	}
	for _, v := range t.others {
		a.others = append(a.others, v.Value)
	}
	return a
}

// accept takes a program's results as the new state.
func (t *trainer) accept(program *trainStep, out []*tensors.Tensor) {
	t.step, t.iterations, t.sums, t.firstBad = out[0], out[1], out[2], out[3]
	out = out[4:]
	for i, v := range t.trainable {
		v.Value = out[i]
	}
	out = out[len(t.trainable):]
	per := len(t.compiled.optimizer.Slots())
	for _, v := range t.trainable {
		t.compiled.state.slots[v] = slices.Clone(out[:per])
		out = out[per:]
	}
	for i, v := range t.others {
		if program.updated[i] {
			v.Value, out = out[0], out[1:]
		}
	}
	t.compiled.state.iterations += program.repeat
}

// setRate brings a changed learning rate to the device.
func (t *trainer) setRate(rate float64) error {
	if t.rate != nil && rate == t.rateValue {
		return nil
	}
	if err := t.wait(); err != nil {
		return err
	}
	fresh, err := toDevice(t.backend, []float32{float32(rate)}, shapes.Make(dtypes.Float32))
	if err != nil {
		return fmt.Errorf("layers: setting the learning rate %g: %w", rate, err)
	}
	release(t.rate)
	t.rate, t.rateValue = fresh, rate
	return nil
}

// totals waits for the last step, and reads the running sums of the epoch, and
// the first step of it whose loss was not finite, -1 if there is none.
func (t *trainer) totals() (running []float32, firstBad int, err error) {
	if err := t.wait(); err != nil {
		return nil, 0, err
	}
	running, err = tensors.CopyFlatData[float32](t.sums)
	if err != nil {
		return nil, 0, fmt.Errorf("layers: reading the metrics: %w", err)
	}
	bad, err := tensors.CopyFlatData[int32](t.firstBad)
	if err != nil {
		return nil, 0, fmt.Errorf("layers: reading the metrics: %w", err)
	}
	return running, int(bad[0]), nil
}

// free releases what only this trainer uses; weights and slots stay.
func (t *trainer) free() {
	_ = t.ahead.Wait()
	if t.mirror != nil {
		t.mirror.free()
	}
	for _, tensor := range append(slices.Clone(t.classWeights),
		t.seed, t.order, t.count, t.rate, t.step, t.iterations, t.sums, t.firstBad) {
		release(tensor)
	}
}
