package layers

import (
	"errors"
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/gomlx/core/tensors"
)

// OptimizerState is what an optimizer knows from the steps so far, on the
// host: what Keras keeps in a model's file so that training can go on.
type OptimizerState struct {
	// Iterations counts the steps since Compile.
	Iterations int
	// LearningRate is the rate of the next step. Scheduled says that there is a
	// [Schedule] instead: files have no rate then.
	LearningRate float64
	Scheduled    bool
	// Slots are the values kept for each trainable variable, in Keras' order. For
	// [PerGroup] each group's begin with the number of steps and the rate.
	Slots []SlotValue
}

// SlotValue is one slot of one variable.
type SlotValue struct {
	// Name is Keras' name: "dense_1_kernel_momentum".
	Name   string
	Shape  Shape
	Values []float32
	// Whole says that Keras has whole numbers there: of steps.
	Whole bool
}

// stateEntry is a place of the state: a slot, or for [PerGroup] the number of
// steps or the rate of a group.
type stateEntry struct {
	slot ownSlot
	of   Optimizer // whose steps or rate; nil for a slot
	rate bool
}

func (e stateEntry) name() string {
	switch {
	case e.of == nil:
		return e.slot.saved()
	case e.rate:
		return "learning_rate"
	}
	return "iteration"
}

func (e stateEntry) shape() Shape {
	if e.of == nil {
		return e.slot.Shape
	}
	return Shape{}
}

// stateEntries lists the state's places in Keras' order.
func (m *Model) stateEntries() (list []stateEntry) {
	_, multi := m.compiled.optimizer.(*MultiOptimizer)
	slots := m.slots()
	for i, o := range optimizers(m.compiled.optimizer) {
		if multi {
			list = append(list, stateEntry{of: o})
			if !scheduled(o) {
				list = append(list, stateEntry{of: o, rate: true})
			}
		}
		for _, s := range slots {
			if s.optimizer == i {
				list = append(list, stateEntry{slot: s})
			}
		}
	}
	return list
}

// hasState tells whether the optimizer knows anything yet.
func (m *Model) hasState() bool {
	return m.compiled != nil && m.compiled.err == nil && m.compiled.state.Slots != nil
}

// OptimizerState copies the optimizer's state from the device. It is nil
// before the first Fit after Compile: there is none yet.
func (m *Model) OptimizerState() (*OptimizerState, error) {
	if !m.hasState() {
		return nil, nil
	}
	s := &OptimizerState{Iterations: m.compiled.state.Iterations, LearningRate: m.fileRate(),
		Scheduled: scheduled(m.compiled.optimizer)}
	for _, e := range m.stateEntries() {
		value := SlotValue{Name: e.name(), Shape: e.shape(), Whole: e.of != nil && !e.rate}
		switch {
		case value.Whole:
			value.Values = []float32{float32(s.Iterations)}
		case e.rate:
			value.Values = []float32{float32(e.of.LearningRate())}
		default:
			tensor, err := m.slotValue(e.slot)
			if err != nil {
				return nil, err
			}
			if value.Values, err = tensors.CopyFlatData[float32](tensor); err != nil {
				return nil, fmt.Errorf("layers: reading the optimizer's %s: %w", e.slot.describe(), err)
			}
		}
		s.Slots = append(s.Slots, value)
	}
	return s, nil
}

// fileRate is the learning rate as files have it: Keras' MultiOptimizer has 0.
func (m *Model) fileRate() float64 {
	if _, multi := m.compiled.optimizer.(*MultiOptimizer); multi {
		return 0
	}
	if scheduled(m.compiled.optimizer) {
		return 0
	}
	return m.compiled.optimizer.LearningRate()
}

// scheduled tells whether an optimizer's rate follows a schedule.
func scheduled(o Optimizer) bool {
	s := settingsOf(o)
	return s != nil && s.schedule != nil
}

// SetOptimizerState is the inverse of OptimizerState: the next Fit goes on from
// there. Slots are taken by their order; their shapes must be those of the
// model's trainable variables. On an error nothing changes.
func (m *Model) SetOptimizerState(s *OptimizerState) error {
	if _, err := m.readyToTrain(); err != nil {
		return err
	}
	entries := m.stateEntries()
	var problems []error
	if len(s.Slots) != len(entries) {
		problems = append(problems, fmt.Errorf("wants %d slots for %d trainable variables, got %d",
			len(entries), len(m.TrainableVariables()), len(s.Slots)))
	}
	if s.Iterations < 0 {
		problems = append(problems, fmt.Errorf("wants iterations from 0 on, got %d", s.Iterations))
	}
	if !(s.LearningRate >= 0) {
		problems = append(problems, fmt.Errorf("wants a learning rate from 0 on, got %v", s.LearningRate))
	}
	for i, e := range entries[:min(len(entries), len(s.Slots))] {
		if err := e.check(s.Slots[i]); err != nil {
			problems = append(problems, fmt.Errorf("slot %d (%s) %w", i, s.Slots[i].Name, err))
		}
	}
	if problems != nil {
		return fmt.Errorf("layers: model %q: the optimizer's state does not fit: %w", m.Name(), errors.Join(problems...))
	}
	slots := map[any]*tensors.Tensor{}
	for i, e := range entries {
		if e.of == nil {
			slots[e.slot.key()] = tensors.FromFlatDataAndDimensions(s.Slots[i].Values, e.slot.Shape...)
		}
	}
	m.compiled.state = engine.State{Iterations: s.Iterations, Slots: slots}
	if len(optimizers(m.compiled.optimizer)) == 1 && s.LearningRate > 0 {
		m.compiled.optimizer.SetLearningRate(s.LearningRate)
	}
	return nil
}

// check says why a value does not fit the place. Groups' rates tell whether
// their order in the file is this one.
func (e stateEntry) check(got SlotValue) error {
	shape := e.shape()
	if !shape.Equal(got.Shape) || len(got.Values) != shape.Size() {
		of := e.name()
		if e.of == nil && e.slot.Variable != nil {
			of = e.slot.Variable.Path
		}
		return fmt.Errorf("wants the shape %v of %s, got %v with %d values", shape, of, got.Shape, len(got.Values))
	}
	if want := float32(0); e.rate {
		if want = float32(e.of.LearningRate()); got.Values[0] != want {
			return fmt.Errorf("is %g, the group's optimizer has the learning rate %g: the file has the groups in another order",
				got.Values[0], want)
		}
	}
	return nil
}

// ShortestRate returns the shortest number that rounds to the given float32:
// Keras keeps a learning rate of 0.005 as 0.004999999888241291.
func ShortestRate(rate float32) float64 { return shortest(float64(rate)) }

// optimizerParams counts the optimizer's values and their bytes as Keras'
// summary does: the slots, the number of steps (8 bytes) and the learning
// rate. ok is false before the optimizer has a state.
func (m *Model) optimizerParams() (count, bytes int, ok bool) {
	if !m.hasState() {
		return 0, 0, false
	}
	for _, e := range m.stateEntries() {
		count, bytes = count+e.shape().Size(), bytes+4*e.shape().Size()
		if e.of != nil && !e.rate {
			bytes += 4
		}
	}
	if !scheduled(m.compiled.optimizer) {
		count, bytes = count+1, bytes+4
	}
	return count + 1, bytes + 8, true
}
