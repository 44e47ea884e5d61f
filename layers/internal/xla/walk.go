package xla

import (
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Walk is a state that changes from step to step.
type Walk struct {
	// Next computes the state after a step: from the step's part of each of Along,
	// which has no first axis, from the state before, and from Same. It is called
	// several times, with nodes of several functions, and must use only those that
	// it is given.
	Next func(along []*graph.Node, state *graph.Node, same []*graph.Node) *graph.Node
	// Start is the first state.
	Start *graph.Node
	// Along are values [steps, …], one for each step.
	Along []*graph.Node
	// Same are values that are the same in all steps.
	Same []*graph.Node
	// Backwards goes from the last step to the first.
	Backwards bool
	// Unrolled makes each step a part of the graph, and no loop.
	Unrolled bool
}

// Run returns the states after each step, [steps, …], in the order of the walk.
//
// GoMLX 0.28 has no gradient of a loop. The one here is a second loop in the
// opposite direction, which computes each step once more from the state before
// it.
func (w Walk) Run() *graph.Node {
	steps := w.Along[0].Shape().Dimensions[0]
	if w.Unrolled || steps == 1 || !loops(w.Start.Graph()) {
		return w.unrolled(steps)
	}
	inputs := append([]*graph.Node{w.Start}, w.Same...)
	var floats []int // those of Along that have a gradient
	for i, x := range w.Along {
		if x.DType().IsFloat() {
			floats, inputs = append(floats, i), append(inputs, x)
		}
	}
	var states *graph.Node
	var gradients []*graph.Node
	return withGradients(inputs, func(in []*graph.Node) *graph.Node {
		states = w.forward(steps)
		return states
	}, func(i int, dy *graph.Node) *graph.Node {
		if gradients == nil {
			gradients = w.gradients(steps, states, dy, floats)
		}
		return gradients[i]
	})
}

func (w Walk) unrolled(steps int) *graph.Node {
	states := make([]*graph.Node, steps)
	state := w.Start
	for i := range states {
		at := i
		if w.Backwards {
			at = steps - 1 - i
		}
		along := make([]*graph.Node, len(w.Along))
		for j, x := range w.Along {
			along[j] = graph.Squeeze(graph.SliceAxis(x, 0, graph.AxisElem(at)), 0)
		}
		state = w.Next(along, state, w.Same)
		states[i] = state
	}
	return graph.Stack(states, 0)
}

// at is where a step's values stand in Along, of so many steps.
func (w Walk) at(step *graph.Node, steps int) *graph.Node {
	if w.Backwards {
		return graph.Sub(graph.Const(step.Graph(), int32(steps-1)), step)
	}
	return step
}

func (w Walk) forward(steps int) *graph.Node {
	g, one := w.Start.Graph(), w.Start.Shape()
	all := shapes.Make(one.DType, append([]int{steps}, one.Dimensions...)...)
	changing := []*graph.Node{graph.Const(g, int32(0)), w.Start, graph.Zeros(g, all)}
	return loop(changing, slices.Concat(w.Along, w.Same), func(step *graph.Node) *graph.Node {
		return graph.LessThan(step, graph.Const(step.Graph(), int32(steps)))
	}, func(v, fixed []*graph.Node) []*graph.Node {
		step := v[0]
		along := readAll(fixed[:len(w.Along)], w.at(step, steps))
		state := w.Next(along, v[1], fixed[len(w.Along):])
		return []*graph.Node{graph.Add(step, graph.Const(step.Graph(), int32(1))), state, writeAt(v[2], state, step)}
	})[2]
}

// gradients are those by Start, by each of Same, and by those of Along that are
// floats, where dy is the one by all states.
func (w Walk) gradients(steps int, states, dy *graph.Node, floats []int) []*graph.Node {
	before := graph.Concatenate([]*graph.Node{graph.ExpandAxes(w.Start, 0),
		graph.SliceAxis(states, 0, graph.AxisRange(0, steps-1))}, 0)
	changing := []*graph.Node{graph.Const(dy.Graph(), int32(steps-1)), graph.ZerosLike(w.Start)}
	for _, x := range w.Same {
		changing = append(changing, graph.ZerosLike(x))
	}
	for _, i := range floats {
		changing = append(changing, graph.ZerosLike(w.Along[i]))
	}
	return loop(changing, slices.Concat([]*graph.Node{before, dy}, w.Along, w.Same), func(step *graph.Node) *graph.Node {
		return graph.GreaterOrEqual(step, graph.Const(step.Graph(), int32(0)))
	}, func(v, fixed []*graph.Node) []*graph.Node {
		step, place := v[0], w.at(v[0], steps)
		state, arriving := readAt(fixed[0], step), graph.Add(v[1], readAt(fixed[1], step))
		along, same := readAll(fixed[2:2+len(w.Along)], place), fixed[2+len(w.Along):]
		of := append([]*graph.Node{state}, same...)
		for _, i := range floats {
			of = append(of, along[i])
		}
		total := graph.ReduceAllSum(graph.Mul(w.Next(along, state, same), graph.StopGradient(arriving)))
		found := graph.Gradient(total, of...)
		next := []*graph.Node{graph.Sub(step, graph.Const(step.Graph(), int32(1))), found[0]}
		for i := range same {
			next = append(next, graph.Add(v[2+i], found[1+i]))
		}
		for i := range floats {
			next = append(next, writeAt(v[2+len(same)+i], found[1+len(same)+i], place))
		}
		return next
	})[1:]
}

// starts are the indices of a part of x along its first axis.
func starts(x, at *graph.Node) []*graph.Node {
	all := []*graph.Node{at}
	for range x.Rank() - 1 {
		all = append(all, graph.Const(at.Graph(), int32(0)))
	}
	return all
}

// readAt is x's part at a place of its first axis.
func readAt(x, at *graph.Node) *graph.Node {
	size := append([]int{1}, x.Shape().Dimensions[1:]...)
	return graph.Reshape(graph.DynamicSlice(x, starts(x, at), size), size[1:]...)
}

func readAll(all []*graph.Node, at *graph.Node) []*graph.Node {
	parts := make([]*graph.Node, len(all))
	for i, x := range all {
		parts[i] = readAt(x, at)
	}
	return parts
}

// writeAt is x with another part at a place of its first axis.
func writeAt(x, part, at *graph.Node) *graph.Node {
	return graph.DynamicUpdateSlice(x, graph.ExpandAxes(part, 0), starts(x, at))
}
