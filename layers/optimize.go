package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// optimizing is one step of a model's optimizers while its graph is built.
type optimizing struct {
	*engine.Step
	groups  []group
	weights map[*Variable]int // places in Step.Weights
	slots   map[slotKey]int   // places in Step.Slots
	list    []ownSlot
}

func (m *Model) optimizing(s *engine.Step) *optimizing {
	o := &optimizing{Step: s, groups: m.groups(), weights: map[*Variable]int{}, slots: map[slotKey]int{}, list: m.slots()}
	for i, v := range m.moving() {
		o.weights[v] = i
	}
	for i, s := range o.list {
		o.slots[s.key()] = i
	}
	return o
}

// apply moves variables along their gradients, each by its optimizer.
func (o *optimizing) apply(variables []*Variable, gradients []*graph.Node) {
	for i, g := range o.groups {
		a := &applying{optimizing: o, group: i, optimizer: g.optimizer, settings: settingsOf(g.optimizer)}
		if a.settings == nil {
			a.settings = &optimizerSettings{}
		}
		for j, v := range variables {
			if slices.Contains(g.variables, v) {
				a.variables, a.gradients = append(a.variables, v), append(a.gradients, gradients[j])
				a.weights = append(a.weights, o.Weights[o.weights[v]])
			}
		}
		if len(a.variables) == 0 {
			continue
		}
		a.run()
		for j, v := range a.variables {
			o.Weights[o.weights[v]] = a.weights[j]
		}
	}
}

// applying is one step of one optimizer for its variables.
type applying struct {
	*optimizing
	group              int
	optimizer          Optimizer
	settings           *optimizerSettings
	step               OptimizerStep
	variables          []*Variable
	weights, gradients []*graph.Node
	moves              *graph.Node // whether the weights move in this step; nil if in each
}

// run does what Keras' BaseOptimizer does, in its order. What is not asked for
// adds nothing to the graph.
func (a *applying) run() {
	s := a.settings
	a.step = OptimizerStep{LearningRate: a.Rates[a.group], Iteration: a.Iteration}
	if s.schedule != nil {
		a.step.LearningRate = s.schedule.Rate(graph.AddScalar(a.Iteration, -1))
	}
	if s.lossScale != 0 {
		for i, g := range a.gradients {
			a.gradients[i] = graph.DivScalar(g, s.lossScale)
		}
	}
	if s.accumulate > 0 {
		a.accumulate()
	}
	a.clip()
	before := slices.Clone(a.weights)
	a.decay()
	a.update()
	if a.moves != nil {
		for i, w := range a.weights {
			a.weights[i] = graph.Where(a.moves, w, before[i])
		}
	}
	if s.ema {
		a.average()
	}
	for i, v := range a.variables {
		a.weights[i] = v.constrain(a.weights[i])
	}
}

// accumulate adds the gradients to those of the steps before, and tells the
// step that moves the weights from the others.
func (a *applying) accumulate() {
	n := float64(a.settings.accumulate)
	rounds := graph.Floor(graph.DivScalar(a.Iteration, n))
	a.moves = graph.Equal(graph.MulScalar(rounds, n), a.Iteration)
	a.step.Iteration = graph.OnePlus(graph.Floor(graph.DivScalar(graph.AddScalar(a.Iteration, -1), n)))
	for i, v := range a.variables {
		at := a.slots[ownSlot{Slot: Slot{Variable: v, Name: gradientSlot}}.key()]
		sum := graph.Add(a.gradients[i], a.Slots[at])
		a.Slots[at] = graph.Where(a.moves, graph.ZerosLike(sum), sum)
		a.gradients[i] = graph.DivScalar(sum, n)
	}
}

// clip shortens gradients.
func (a *applying) clip() {
	s := a.settings
	squares := func(g *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Square(g)) }
	switch {
	case s.clipNorm != 0:
		for i, g := range a.gradients {
			norm := graph.Sqrt(squares(g))
			a.gradients[i] = graph.Div(graph.MulScalar(g, s.clipNorm), graph.Max(norm, scalar(g, s.clipNorm)))
		}
	case s.clipTotal != 0:
		var total *graph.Node
		for i, g := range a.gradients {
			if sum := squares(g); i == 0 {
				total = sum
			} else {
				total = graph.Add(total, sum)
			}
		}
		norm := graph.Sqrt(total)
		scale := graph.MulScalar(graph.Min(graph.Reciprocal(norm), scalar(norm, 1/s.clipTotal)), s.clipTotal)
		scale = graph.Add(scale, graph.Sub(norm, norm)) // what is not finite stays so
		for i, g := range a.gradients {
			a.gradients[i] = graph.Mul(g, scale)
		}
	case s.clipValue != 0:
		for i, g := range a.gradients {
			a.gradients[i] = graph.ClipScalar(g, -s.clipValue, s.clipValue)
		}
	}
}

// decayer is an optimizer that has another weight decay for some variables.
type decayer interface{ decayOf(*Variable) *float64 }

// decay takes weight decay off the weights.
func (a *applying) decay() {
	for i, v := range a.variables {
		decay := a.settings.decay
		if d, ok := a.optimizer.(decayer); ok {
			decay = d.decayOf(v)
		}
		if decay != nil && *decay != 0 && a.settings.decays(v) {
			w := a.weights[i]
			a.weights[i] = graph.Sub(w, graph.Mul(graph.MulScalar(w, *decay), a.step.LearningRate))
		}
	}
}

// update asks the optimizer for the new weights and slots.
func (a *applying) update() {
	a.step.Shared = map[string]*graph.Node{}
	own := map[*Variable][]int{}
	for i, s := range a.list {
		switch {
		case s.optimizer != a.group || s.Name == averageSlot || s.Name == gradientSlot:
		case s.Variable == nil:
			a.step.Shared[s.Name] = a.Slots[i]
		default:
			own[s.Variable] = append(own[s.Variable], i)
		}
	}
	if shared, ok := a.optimizer.(SharedSlots); ok {
		for name, value := range shared.UpdateShared(a.step) {
			at := a.slots[slotKey{optimizer: a.group, name: name}]
			a.Slots[at] = a.kept(value, a.Slots[at])
			a.step.Shared[name] = value
		}
	}
	for i, v := range a.variables {
		step := a.step
		step.Variable = v
		var slots []*graph.Node
		for _, at := range own[v] {
			slots = append(slots, a.Slots[at])
		}
		var fresh []*graph.Node
		a.weights[i], fresh = a.optimizer.Update(step, a.weights[i], a.gradients[i], slots)
		if len(fresh) != len(slots) {
			panic(fmt.Errorf("layers: optimizer %s has %d slots for %s, its Update returned %d",
				a.optimizer.Class(), len(slots), v.Path, len(fresh)))
		}
		for j, at := range own[v] {
			a.Slots[at] = a.kept(fresh[j], slots[j])
		}
	}
}

// kept is the new value in a step that moves the weights, else the old one.
func (a *applying) kept(fresh, old *graph.Node) *graph.Node {
	if a.moves == nil {
		return fresh
	}
	return graph.Where(a.moves, fresh, old)
}

// average brings the weights' moving averages up to date, and puts them in
// the weights' place where it is time.
func (a *applying) average() {
	s := a.settings
	done := graph.AddScalar(a.step.Iteration, -1)
	zero := graph.ZerosLike(done)
	momentum := graph.Where(graph.Equal(done, zero), zero, scalar(done, s.emaMomentum))
	var overwrite *graph.Node
	if every := float64(s.emaEvery); every > 0 {
		rounds := graph.Floor(graph.DivScalar(a.step.Iteration, every))
		overwrite = graph.Equal(graph.MulScalar(rounds, every), a.step.Iteration)
	}
	for i, v := range a.variables {
		at := a.slots[ownSlot{Slot: Slot{Variable: v, Name: averageSlot}}.key()]
		w := a.weights[i]
		a.Slots[at] = graph.Add(graph.Mul(momentum, a.Slots[at]), graph.Mul(graph.OneMinus(momentum), w))
		if overwrite != nil {
			a.weights[i] = graph.Where(overwrite, a.Slots[at], w)
		}
	}
}

// toFloat32 converts where that is needed.
func toFloat32(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Float32) }
