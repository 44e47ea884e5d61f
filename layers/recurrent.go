package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// recurrence is what LSTM, GRU, SimpleRNN and RNN share: cells that walk along
// the second axis of (None, time, size).
type recurrence struct {
	startedCalls
	cells           []*recurrentCell // several, one on the other, for RNN
	stackName       string           // of several cells
	returnSequences bool
	returnState     bool
	goBackwards     bool
	// what changes nothing here, kept for files
	unroll, zeroOutput bool
}

// readRecurrence reads the settings that all have.
func readRecurrence(s *Settings) recurrence {
	if s.Bool("stateful", false) {
		s.Fail("stateful = true is not supported: every batch starts with states of zeros, or those it is given; " +
			"return_state gives a batch's last states, with which the next one can start")
	}
	s.Only("time_major", false)
	return recurrence{returnSequences: s.Bool("return_sequences", false), returnState: s.Bool("return_state", false),
		goBackwards: s.Bool("go_backwards", false), unroll: s.Bool("unroll", false),
		zeroOutput: s.Bool("zero_output_for_mask", false)}
}

// addTo adds the settings that all have to a layer's configuration.
func (r *recurrence) addTo(c map[string]any) map[string]any {
	c["return_sequences"], c["go_backwards"], c["unroll"] = r.returnSequences, r.goBackwards, r.unroll
	c["return_state"], c["stateful"], c["zero_output_for_mask"] = r.returnState, false, r.zeroOutput
	return c
}

// recurrent gives wrappers the recurrence of a layer.
func (r *recurrence) recurrent() *recurrence { return r }

// recurrentLayer is a layer with a recurrence.
type recurrentLayer interface {
	Layer
	recurrent() *recurrence
}

// OutputShape is (units) or (time, units).
func (r *recurrence) OutputShape(in []Shape) (Shape, error) { return first(r.OutputShapes(in)) }

// OutputShapes checks a sequence and, where they are given, the states it starts
// from. It implements [ManyResults].
func (r *recurrence) OutputShapes(in []Shape) ([]Shape, error) {
	var states []Shape
	for _, cell := range r.cells {
		for range cell.states() {
			states = append(states, Shape{cell.units})
		}
	}
	if len(in) != 1 && len(in) != 1+len(states) {
		return nil, fmt.Errorf("wants a sequence, or a sequence and %d states, got %d inputs", len(states), len(in))
	}
	if len(in[0]) != 2 {
		return nil, fmt.Errorf("wants sequences (None, time, size), got %v", in[0])
	}
	for i, s := range in[1:] {
		if !s.Equal(states[i]) {
			return nil, fmt.Errorf("wants state %d of shape %v, got %v", i, states[i], s)
		}
	}
	if k := r.cells[0].kernelWeight; k != nil && k.Shape[0] != in[0][1] {
		return nil, fmt.Errorf("was built for %d values a step, got %d", k.Shape[0], in[0][1])
	}
	out := Shape{r.cells[len(r.cells)-1].units}
	if r.returnSequences {
		out = append(Shape{in[0][0]}, out...)
	}
	if r.returnState {
		return append([]Shape{out}, states...), nil
	}
	return []Shape{out}, nil
}

// build adds the cells' variables.
func (r *recurrence) build(l *state, in []Shape) error {
	size := in[0][1]
	for i, cell := range r.cells {
		path, place := cell.name, "cell"
		if len(r.cells) > 1 {
			path, place = r.stackName+"/"+cell.name, "cell/cells/"+r.cellPlace(i)
		}
		cell.build(l, size, path, place)
		size = cell.units
	}
	return nil
}

// cellPlace is where a file keeps one of several cells: by class, those after
// the first of a class with a number.
func (r *recurrence) cellPlace(i int) string {
	n := 0
	for _, other := range r.cells[:i] {
		if other.class == r.cells[i].class {
			n++
		}
	}
	if n == 0 {
		return SnakeCase(r.cells[i].class)
	}
	return fmt.Sprintf("%s_%d", SnakeCase(r.cells[i].class), n)
}

// Call walks along the sequence.
func (r *recurrence) Call(c *Pass, in []*graph.Node) *graph.Node { return r.CallAll(c, in)[0] }

// CallAll walks along the sequence, and gives the output and, with returnState,
// the cells' last states. Unless the layer is unrolled, XLA walks in a
// loop. At steps that do not count, states stay and the outputs are the last ones
// that did, or zeros with zero_output_for_mask. A layer that is given its states
// does not see the mask: Keras looks for an argument sequences_mask then, which
// no layer has.
func (r *recurrence) CallAll(c *Pass, in []*graph.Node) []*graph.Node {
	x, given := in[0], in[1:]
	var mask *graph.Node
	if len(given) == 0 {
		mask = c.StepMask(x)
	}
	var last *graph.Node
	var ends []*graph.Node
	for i, cell := range r.cells {
		starts := make([]*graph.Node, cell.states())
		for j := range starts {
			if len(given) > 0 {
				starts[j], given = given[0], given[1:]
			} else {
				starts[j] = graph.Zeros(c.Graph, shapes.Make(x.DType(), x.Shape().Dimensions[0], cell.units))
			}
		}
		backwards := r.goBackwards && i == 0
		states := cell.walk(c, x).along(starts, mask, backwards, r.unroll)
		if r.returnState {
			end := lastStep(states)
			for j := range starts {
				ends = append(ends, cell.part(end, j))
			}
		}
		if backwards && mask != nil {
			mask = graph.Reverse(mask, 1)
		}
		outputs := states
		if cell.states() > 1 {
			outputs = graph.SliceAxis(states, -1, graph.AxisRange(0, cell.units))
		}
		if mask != nil && r.zeroOutput {
			outputs = keptSteps(outputs, graph.TransposeAllAxes(mask, 1, 0))
		}
		last = lastStep(outputs)
		if i < len(r.cells)-1 || r.returnSequences {
			x = stepsFirst(outputs)
		}
	}
	if r.returnSequences {
		last = x
	}
	return append([]*graph.Node{last}, ends...)
}

// stepsFirst exchanges the first two axes, the batch's and the steps'.
func stepsFirst(x *graph.Node) *graph.Node {
	axes := make([]int, x.Rank())
	for i := range axes {
		axes[i] = i
	}
	axes[0], axes[1] = 1, 0
	return graph.TransposeAllAxes(x, axes...)
}

func lastStep(x *graph.Node) *graph.Node {
	return graph.Squeeze(graph.SliceAxis(x, 0, graph.AxisElem(-1)), 0)
}

// along returns a cell's states after each step, [steps, batch, units], those of
// an LSTM one behind the other. At a step that does not count they stay.
func (s *sequence) along(starts []*graph.Node, mask *graph.Node, backwards, unrolled bool) *graph.Node {
	w := xla.Walk{Start: graph.Concatenate(starts, -1), Backwards: backwards, Unrolled: unrolled,
		Along: []*graph.Node{stepsFirst(s.inputs)}, Same: append([]*graph.Node{s.kernel}, s.masks...)}
	if s.bias != nil {
		w.Same = append(w.Same, s.bias)
	}
	if mask != nil {
		w.Along = append(w.Along, graph.ExpandAxes(graph.TransposeAllAxes(mask, 1, 0), -1))
	}
	w.Next = func(along []*graph.Node, state *graph.Node, same []*graph.Node) *graph.Node {
		at := *s
		at.kernel = same[0]
		if s.masks != nil {
			at.masks = same[1 : 1+len(s.masks)]
		}
		if s.bias != nil {
			at.bias = same[len(same)-1]
		}
		states := make([]*graph.Node, s.states())
		for i := range states {
			states[i] = s.part(state, i)
		}
		next := graph.Concatenate(at.step(along[0], states), -1)
		if mask == nil {
			return next
		}
		return graph.Where(graph.BroadcastToShape(stepsLike(along[1], next), withDType(next, dtypes.Bool)), next, state)
	}
	return w.Run()
}

// OutputMask is that of the sequence where the layer returns one.
func (r *recurrence) OutputMask(_ *Pass, _, masks []*graph.Node) *graph.Node {
	if !r.returnSequences {
		return nil
	}
	return masks[0]
}
