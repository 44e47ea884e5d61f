package layers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/gomlx/core/tensors"
)

// OptimizerState is what an optimizer knows from the steps so far, on the
// host: what Keras keeps in a model's file so that training can go on.
type OptimizerState struct {
	// Iterations counts the steps since Compile.
	Iterations int
	// LearningRate is the rate of the next step.
	LearningRate float64
	// Slots are the values kept for each trainable variable, in Keras' order.
	Slots []SlotValue
}

// SlotValue is one slot of one variable.
type SlotValue struct {
	// Name is Keras' name: "dense_1_kernel_momentum".
	Name   string
	Shape  Shape
	Values []float32
}

// slotRef says which slot of which variable lies at a place of the state.
type slotRef struct {
	variable *Variable
	slot     int
}

// slotOrder lists the slots in Keras' order (add_optimizer_variables): one slot
// of all variables, then the next. The first ones lie side by side for each
// variable if the optimizer, as Adam, has a method SlotsTogether that says how
// many: those that its Python class asks for in one call.
func (m *Model) slotOrder() []slotRef {
	var order []slotRef
	add := func(slots ...int) {
		for _, v := range m.TrainableVariables() {
			for _, slot := range slots {
				order = append(order, slotRef{v, slot})
			}
		}
	}
	slots := make([]int, len(m.compiled.optimizer.Slots()))
	for i := range slots {
		slots[i] = i
	}
	if o, ok := m.compiled.optimizer.(interface{ SlotsTogether() int }); ok {
		add(slots[:o.SlotsTogether()]...)
		slots = slots[o.SlotsTogether():]
	}
	for _, slot := range slots {
		add(slot)
	}
	return order
}

// OptimizerState copies the optimizer's state from the device. It is nil
// before the first Fit after Compile: there is none yet.
func (m *Model) OptimizerState() (*OptimizerState, error) {
	if m.compiled == nil || m.compiled.err != nil || m.compiled.state.Slots == nil {
		return nil, nil
	}
	s := &OptimizerState{Iterations: m.compiled.state.Iterations, LearningRate: m.compiled.optimizer.LearningRate()}
	names := m.compiled.optimizer.Slots()
	for _, ref := range m.slotOrder() {
		v := ref.variable
		slots := m.compiled.state.Slots[&v.Value]
		if slots == nil {
			return nil, fmt.Errorf("layers: model %q: the optimizer has not seen %s yet, which was thawed after "+
				"training; train a step or call Compile", m.Name(), v.Path)
		}
		values, err := tensors.CopyFlatData[float32](slots[ref.slot])
		if err != nil {
			return nil, fmt.Errorf("layers: reading the optimizer's %s of %s: %w", names[ref.slot], v.Path, err)
		}
		s.Slots = append(s.Slots, SlotValue{strings.ReplaceAll(v.Path, "/", "_") + "_" + names[ref.slot], v.Shape, values})
	}
	return s, nil
}

// SetOptimizerState is the inverse of OptimizerState: the next Fit goes on from
// there. Slots are taken by their order; their shapes must be those of the
// model's trainable variables. On an error nothing changes.
func (m *Model) SetOptimizerState(s *OptimizerState) error {
	if _, err := m.readyToTrain(); err != nil {
		return err
	}
	order := m.slotOrder()
	var problems []error
	if len(s.Slots) != len(order) {
		problems = append(problems, fmt.Errorf("wants %d slots (%v for each of %d trainable variables), got %d",
			len(order), m.compiled.optimizer.Slots(), len(m.TrainableVariables()), len(s.Slots)))
	}
	if s.Iterations < 0 {
		problems = append(problems, fmt.Errorf("wants iterations from 0 on, got %d", s.Iterations))
	}
	if !(s.LearningRate >= 0) {
		problems = append(problems, fmt.Errorf("wants a learning rate from 0 on, got %v", s.LearningRate))
	}
	slots := map[engine.Cell][]*tensors.Tensor{}
	for i, ref := range order[:min(len(order), len(s.Slots))] {
		got := s.Slots[i]
		if !ref.variable.Shape.Equal(got.Shape) || len(got.Values) != got.Shape.Size() {
			problems = append(problems, fmt.Errorf("slot %d (%s) wants the shape %v of %s, got %v with %d values",
				i, got.Name, ref.variable.Shape, ref.variable.Path, got.Shape, len(got.Values)))
			continue
		}
		slots[&ref.variable.Value] = append(slots[&ref.variable.Value], nil)
	}
	if problems != nil {
		return fmt.Errorf("layers: model %q: the optimizer's state does not fit: %w", m.Name(), errors.Join(problems...))
	}
	for i, ref := range order {
		slots[&ref.variable.Value][ref.slot] = tensors.FromFlatDataAndDimensions(s.Slots[i].Values, ref.variable.Shape...)
	}
	m.compiled.state = engine.State{Iterations: s.Iterations, Slots: slots}
	m.compiled.optimizer.SetLearningRate(s.LearningRate)
	return nil
}

// ShortestRate returns the shortest number that rounds to the given float32:
// Keras keeps a learning rate of 0.005 as 0.004999999888241291.
func ShortestRate(rate float32) float64 { return shortest(float64(rate)) }

// optimizerParams counts the optimizer's values and their bytes as Keras'
// summary does: the slots, the number of steps (8 bytes) and the learning
// rate. ok is false before the optimizer has a state.
func (m *Model) optimizerParams() (count, bytes int, ok bool) {
	if m.compiled == nil || m.compiled.err != nil || m.compiled.state.Slots == nil {
		return 0, 0, false
	}
	slots := countParams(m.TrainableVariables()) * len(m.compiled.optimizer.Slots())
	return slots + 2, 4*slots + 8 + 4, true
}
