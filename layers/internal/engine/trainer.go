package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Config is what is trained, and how.
type Config struct {
	Backend           compute.Backend
	Task              Task
	Trainable, Others []Cell // what the optimizer moves; what it does not
	Slots             []Slot // what it keeps
	State             *State
	Programs          Programs
	Data              *Data
	Examples          int  // an epoch's
	Stream            bool // Feed brings the batches, in place of Data and Examples
	Whole             bool // none of them has to be filled up, as far as is known
	Batch, Devices    int
	Seed              uint32    // where all random numbers start
	ClassWeights      []float32 // nil if there are none
	NoAliasing        bool      // a step's results do not overwrite its arguments (see xla.Overwrite); for comparison
	AtOnce            int       // steps in one execution; 0 for what the backend likes; for tests
}

// Programs keeps the programs of a task by what they depend on.
type Programs map[string]any

// Trainer runs a model's training steps. Everything a step reads or writes
// lives on the device: the data set, the epoch's order, weights, optimizer
// slots, and the running sums of loss and metrics. One step is one execution
// without any transfer, or several are, see AtOnce; weights, slots and sums give
// their buffers to their successors.
type Trainer struct {
	Config
	*trainStep
	many *trainStep    // several steps in one execution; nil if there is none
	slow time.Duration // from how long on an execution of several steps is too long

	seed             *tensors.Tensor   // uint32
	classWeights     []*tensors.Tensor // none or one: float32 [classes]
	order, count     *tensors.Tensor   // int32 [steps*batch], and how many are real
	rates            []*tensors.Tensor // float32: the learning rates on the device
	rateValues       []float64         // the same on the host
	step, iterations *tensors.Tensor   // int32: steps of this epoch, of all epochs
	sums             *tensors.Tensor   // float32 [1+Task.Sums]
	mirror           *mirror           // the other devices' side; nil for one device
	firstBad         *tensors.Tensor   // int32: first step whose loss is not finite, or -1

	ahead xlaplugin.Ahead // the step that is computed; see Wait
}

// NewTrainer moves the model to the device and prepares its step, which for a
// stream the first batch does.
func NewTrainer(c Config) (t *Trainer, err error) {
	t = &Trainer{Config: c, slow: slowExecution}
	if !c.Stream {
		if err := t.prepareStep(); err != nil {
			return nil, err
		}
		n := stepsAtOnce(c.Backend, t.Steps())
		if c.AtOnce > 0 {
			n = c.AtOnce
		}
		if n > 1 && c.Devices == 1 {
			if t.many, err = t.Config.trainStep(n); err != nil {
				return nil, err
			}
		}
	}
	if t.seed, err = ToDevice(c.Backend, []uint32{c.Seed}, shapes.Make(dtypes.Uint32)); err != nil {
		return nil, err
	}
	if c.ClassWeights != nil {
		weights, err := ToDevice(c.Backend, c.ClassWeights, shapes.Make(dtypes.Float32, len(c.ClassWeights)))
		if err != nil {
			return nil, err
		}
		t.classWeights = []*tensors.Tensor{weights}
	}
	return t, t.settle()
}

// prepareStep makes the step's program for data as they are.
func (t *Trainer) prepareStep() (err error) {
	if t.trainStep, err = t.Config.trainStep(1); err == nil && t.Devices > 1 && t.mirror == nil {
		t.mirror = newMirror(t.Backend, t.Devices, t.orderPlace())
	}
	return err
}

// Steps is the number of steps of an epoch; the last may be partial.
func (t *Trainer) Steps() int { return t.stepsOf() }

// settle gives every weight and slot a buffer on the device that nobody else
// holds, so that steps may reuse it.
func (t *Trainer) settle() error {
	for _, c := range slices.Concat(t.Trainable, t.Others) {
		value, err := owned(t.Backend, *c)
		if err != nil {
			return fmt.Errorf("layers: copying the weights of model %q to the device: %w",
				t.Task.Name(), ExplainMemory(err, t.Batch))
		}
		*c = value
	}
	if t.State.Slots == nil {
		t.State.Slots = map[any]*tensors.Tensor{}
	}
	for _, slot := range t.Slots {
		if err := t.settleSlot(slot); err != nil {
			return fmt.Errorf("layers: making room for the optimizer: %w", ExplainMemory(err, t.Batch))
		}
	}
	return nil
}

// settleSlot does that for one slot, whose first value it makes if need be.
func (t *Trainer) settleSlot(slot Slot) error {
	value := t.State.Slots[slot.Key]
	var err error
	if value != nil {
		value, err = owned(t.Backend, value)
	} else {
		var start []float32
		if start, err = slot.Start(); err == nil {
			value, err = ToDevice(t.Backend, start, shapes.Make(dtypes.Float32, slot.Shape...))
		}
	}
	if err == nil {
		t.State.Slots[slot.Key] = value
	}
	return err
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
	return ToDevice(backend, values, shapes.Make(dtypes.Float32, t.Shape().Dimensions...))
}

// Begin starts an epoch at the given step: order lists the examples' rows in
// the order of training, running the sums so far (nil for none). A stream has no
// order of its own.
func (t *Trainer) Begin(order []int32, step int, running []float32) error {
	if err := t.Wait(); err != nil {
		return err
	}
	if running == nil {
		running = make([]float32, 1+t.Task.Sums())
	}
	if !t.Stream {
		padded := make([]int32, t.Steps()*t.Batch)
		copy(padded, order)
		if err := t.setOrder(padded); err != nil {
			return fmt.Errorf("layers: starting an epoch: %w", err)
		}
	}
	for _, x := range []struct {
		to    **tensors.Tensor
		flat  any
		shape shapes.Shape
	}{
		{&t.count, []int32{int32(t.Examples)}, shapes.Make(dtypes.Int32)},
		{&t.step, []int32{int32(step)}, shapes.Make(dtypes.Int32)},
		{&t.iterations, []int32{int32(t.State.Iterations)}, shapes.Make(dtypes.Int32)},
		{&t.sums, running, shapes.Make(dtypes.Float32, len(running))},
		{&t.firstBad, []int32{-1}, shapes.Make(dtypes.Int32)},
	} {
		Release(*x.to)
		var err error
		if *x.to, err = ToDevice(t.Backend, x.flat, x.shape); err != nil {
			return fmt.Errorf("layers: starting an epoch: %w", err)
		}
	}
	return nil
}

// setOrder brings an epoch's order, filled up to whole batches, to the devices.
func (t *Trainer) setOrder(padded []int32) (err error) {
	if t.mirror != nil {
		t.order, err = t.mirror.setOrder(padded, t.Batch)
		return err
	}
	Release(t.order)
	t.order, err = ToDevice(t.Backend, padded, shapes.Make(dtypes.Int32, len(padded)))
	return err
}

// setRates brings changed learning rates to the device.
func (t *Trainer) setRates(rates []float64) error {
	if t.rates != nil && slices.Equal(rates, t.rateValues) {
		return nil
	}
	if err := t.Wait(); err != nil {
		return err
	}
	fresh := make([]*tensors.Tensor, len(rates))
	for i, rate := range rates {
		var err error
		if fresh[i], err = ToDevice(t.Backend, []float32{float32(rate)}, shapes.Make(dtypes.Float32)); err != nil {
			return fmt.Errorf("layers: setting the learning rate %g: %w", rate, err)
		}
	}
	for _, old := range t.rates {
		Release(old)
	}
	t.rates, t.rateValues = fresh, slices.Clone(rates)
	return nil
}

// Totals waits for the last step, and reads the running sums of the epoch, and
// the first step of it whose loss was not finite, -1 if there is none.
func (t *Trainer) Totals() (running []float32, firstBad int, err error) {
	if err := t.Wait(); err != nil {
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

// Free releases what only this trainer uses; weights and slots stay.
func (t *Trainer) Free() {
	_ = t.ahead.Wait()
	if t.mirror != nil {
		t.mirror.free()
	}
	if t.Stream && t.Data != nil {
		t.Data.Free()
	}
	for _, tensor := range append(slices.Concat(t.classWeights, t.rates),
		t.seed, t.order, t.count, t.step, t.iterations, t.sums, t.firstBad) {
		Release(tensor)
	}
}
