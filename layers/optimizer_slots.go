package layers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Slot is an array that an optimizer keeps between steps.
type Slot struct {
	// Variable is the weight that it belongs to; nil if to all of them.
	Variable *Variable
	// Name tells the slots of a variable apart: "momentum".
	Name string
	// Shape is the weight's if it is nil.
	Shape Shape
	// Start is its first value. FromWeight makes it start as the weight instead.
	Start      float64
	FromWeight bool
}

// SlotLayout is an optimizer that keeps more than [Optimizer] says by Slots: of
// other shapes or first values, for some variables alone, or for all together.
// Slots is then not asked.
type SlotLayout interface {
	// Layout lists all slots in Keras' order for the variables that the optimizer
	// moves. Update gets those of its weight in this order.
	Layout(variables []*Variable) []Slot
}

// SharedSlots is an optimizer with slots that belong to no variable. Before the
// updates of a step it computes them anew; Update finds them in
// [OptimizerStep].
type SharedSlots interface {
	UpdateShared(step OptimizerStep) map[string]*graph.Node
}

// layout lists the slots of an optimizer for its variables in Keras' order
// (add_optimizer_variables): averages and accumulated gradients, then one slot of
// all variables after the other. The first ones lie side by side for each
// variable if the optimizer, as Adam, has a method SlotsTogether that says how
// many: those that its Python class asks for in one call.
func layout(o Optimizer, variables []*Variable) []Slot {
	var list []Slot
	add := func(names ...string) {
		for _, v := range variables {
			for _, name := range names {
				list = append(list, Slot{Variable: v, Name: name})
			}
		}
	}
	if s := settingsOf(o); s != nil {
		if s.ema {
			add(averageSlot)
		}
		if s.accumulate > 0 {
			add(gradientSlot)
		}
	}
	if l, ok := o.(SlotLayout); ok {
		list = append(list, l.Layout(variables)...)
	} else {
		names := o.Slots()
		if t, ok := o.(interface{ SlotsTogether() int }); ok {
			add(names[:t.SlotsTogether()]...)
			names = names[t.SlotsTogether():]
		}
		for _, name := range names {
			add(name)
		}
	}
	for i := range list {
		if list[i].Shape == nil && list[i].Variable != nil {
			list[i].Shape = list[i].Variable.Shape
		}
	}
	return list
}

const averageSlot, gradientSlot = "average", "gradient_accumulator"

// SlotsOf lists the same slots for each variable, side by side, for Layout.
func SlotsOf(variables []*Variable, names ...string) (list []Slot) {
	for _, v := range variables {
		for _, name := range names {
			list = append(list, Slot{Variable: v, Name: name})
		}
	}
	return list
}

// slotKey is what the engine knows a slot by: shared ones by their optimizer.
type slotKey struct {
	cell      engine.Cell
	optimizer int
	name      string
}

// ownSlot is a slot with its optimizer's place.
type ownSlot struct {
	Slot
	optimizer int
}

func (s ownSlot) key() slotKey {
	if s.Variable != nil {
		return slotKey{cell: &s.Variable.Value, name: s.Name}
	}
	return slotKey{optimizer: s.optimizer, name: s.Name}
}

// saved is Keras' name of the slot: "dense_1_kernel_momentum".
func (s ownSlot) saved() string {
	if s.Variable == nil {
		return s.Name
	}
	return strings.ReplaceAll(s.Variable.Path, "/", "_") + "_" + s.Name
}

func (s ownSlot) describe() string {
	if s.Variable == nil {
		return s.Name
	}
	return s.Name + " of " + s.Variable.Path
}

// start makes the first values.
func (s ownSlot) start() ([]float32, error) {
	if s.FromWeight {
		return tensors.CopyFlatData[float32](s.Variable.Value)
	}
	return slices.Repeat([]float32{float32(s.Start)}, s.Shape.Size()), nil
}

// engineSlots are the slots as the engine keeps them.
func engineSlots(slots []ownSlot) (list []engine.Slot) {
	for _, s := range slots {
		list = append(list, engine.Slot{Key: s.key(), Shape: s.Shape, Start: s.start})
	}
	return list
}

// group is an optimizer with the variables that it moves.
type group struct {
	optimizer Optimizer
	variables []*Variable
}

// groups says which optimizer moves which trainable variables, in Keras' order
// of optimizers: one with all, unless Compile was given [PerGroup].
func (m *Model) groups() []group {
	variables := m.TrainableVariables()
	if multi, ok := m.compiled.optimizer.(*MultiOptimizer); ok {
		return multi.groups(m.Name(), variables)
	}
	return []group{{m.compiled.optimizer, variables}}
}

// slots lists the slots of all optimizers, one after the other.
func (m *Model) slots() (list []ownSlot) {
	for i, g := range m.groups() {
		for _, s := range layout(g.optimizer, g.variables) {
			list = append(list, ownSlot{s, i})
		}
	}
	return list
}

// slotValue is the value of a slot on the device, or why there is none.
func (m *Model) slotValue(s ownSlot) (*tensors.Tensor, error) {
	value := m.compiled.state.Slots[s.key()]
	if value == nil {
		return nil, fmt.Errorf("layers: model %q: the optimizer has not seen %s yet, which was thawed after "+
			"training; train a step or call Compile", m.Name(), s.describe())
	}
	return value, nil
}
