package layers

import (
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// recurrence is what LSTM, GRU, SimpleRNN and RNN share: cells that walk along
// the second axis of (None, time, size).
type recurrence struct {
	cells           []*recurrentCell // several, one on the other, for RNN
	stackName       string           // of several cells
	returnSequences bool
	goBackwards     bool
	// what changes nothing here, kept for files
	unroll, zeroOutput bool
}

// readRecurrence reads the settings that all have.
func readRecurrence(s *Settings) recurrence {
	if s.Bool("return_state", false) {
		s.Fail("return_state = true is not supported: a layer here has one result")
	}
	if s.Bool("stateful", false) {
		s.Fail("stateful = true is not supported: every batch starts with states of zeros, or those it is given")
	}
	s.Only("time_major", false)
	return recurrence{returnSequences: s.Bool("return_sequences", false), goBackwards: s.Bool("go_backwards", false),
		unroll: s.Bool("unroll", false), zeroOutput: s.Bool("zero_output_for_mask", false)}
}

// addTo adds the settings that all have to a layer's configuration.
func (r *recurrence) addTo(c map[string]any) map[string]any {
	c["return_sequences"], c["go_backwards"], c["unroll"] = r.returnSequences, r.goBackwards, r.unroll
	c["return_state"], c["stateful"], c["zero_output_for_mask"] = false, false, r.zeroOutput
	return c
}

// recurrent gives wrappers the recurrence of a layer.
func (r *recurrence) recurrent() *recurrence { return r }

// recurrentLayer is a layer with a recurrence.
type recurrentLayer interface {
	Layer
	recurrent() *recurrence
}

// outputShape checks a sequence and, where they are given, the states it starts
// from.
func (r *recurrence) outputShape(in []Shape) (Shape, error) {
	var states []int
	for _, cell := range r.cells {
		for range cell.states() {
			states = append(states, cell.units)
		}
	}
	if len(in) != 1 && len(in) != 1+len(states) {
		return nil, fmt.Errorf("wants a sequence, or a sequence and %d states, got %d inputs", len(states), len(in))
	}
	if len(in[0]) != 2 {
		return nil, fmt.Errorf("wants sequences (None, time, size), got %v", in[0])
	}
	for i, s := range in[1:] {
		if !s.Equal(Shape{states[i]}) {
			return nil, fmt.Errorf("wants state %d of shape %v, got %v", i, Shape{states[i]}, s)
		}
	}
	if k := r.cells[0].kernelWeight; k != nil && k.Shape[0] != in[0][1] {
		return nil, fmt.Errorf("was built for %d values a step, got %d", k.Shape[0], in[0][1])
	}
	units := r.cells[len(r.cells)-1].units
	if r.returnSequences {
		return Shape{in[0][0], units}, nil
	}
	return Shape{units}, nil
}

// build adds the cells' variables.
func (r *recurrence) build(l *state, in []Shape) {
	size := in[0][1]
	for i, cell := range r.cells {
		path, place := cell.name, "cell"
		if len(r.cells) > 1 {
			path, place = r.stackName+"/"+cell.name, "cell/cells/"+r.cellPlace(i)
		}
		cell.build(l, size, path, place)
		size = cell.units
	}
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

// run walks along the sequence. GoMLX 0.28 has no gradient of a loop, so the
// steps are unrolled: each is a part of the graph. XLA's CPU backend takes about
// 0.4 s of one core to compile an LSTM's step with its gradient
// (BenchmarkCompileLSTM), so sequences of hundreds of steps wait for a loop with
// a gradient of its own.
func (r *recurrence) run(c *Pass, in []*graph.Node) *graph.Node {
	x, given := in[0], in[1:]
	var last *graph.Node
	for i, cell := range r.cells {
		states := make([]*graph.Node, cell.states())
		for j := range states {
			if len(given) > 0 {
				states[j], given = given[0], given[1:]
			} else {
				states[j] = graph.Zeros(c.Graph, shapes.Make(x.DType(), x.Shape().Dimensions[0], cell.units))
			}
		}
		all := r.along(cell.walk(c, x), states, r.goBackwards && i == 0)
		last = all[len(all)-1]
		if i < len(r.cells)-1 || r.returnSequences {
			x = graph.Stack(all, 1)
		}
	}
	if r.returnSequences {
		return x
	}
	return last
}

// along returns a cell's output after each step.
func (r *recurrence) along(s *sequence, states []*graph.Node, backwards bool) []*graph.Node {
	d := s.inputs.Shape().Dimensions
	outputs := make([]*graph.Node, d[1])
	for i := range outputs {
		t := i
		if backwards {
			t = d[1] - 1 - i
		}
		x := graph.Reshape(graph.SliceAxis(s.inputs, 1, graph.AxisRange(t, t+1)), d[0], d[2])
		states = s.step(x, states)
		outputs[i] = states[0]
	}
	return outputs
}

// buildConfig is Keras' get_build_config.
func (r *recurrence) buildConfig(in []Shape) map[string]any {
	sequence := batchShape(in[0])
	if len(in) == 1 {
		return map[string]any{"input_shape": sequence}
	}
	states := make([]any, len(in)-1)
	for i, s := range in[1:] {
		states[i] = batchShape(s)
	}
	return map[string]any{"shapes_dict": map[string]any{"sequences_shape": sequence, "initial_state_shape": states}}
}

// callConfig is a call of Keras: the states go by name.
func (r *recurrence) callConfig(tensors []any) ([]any, map[string]any) {
	byName := map[string]any{}
	if len(tensors) > 1 {
		byName["initial_state"] = tensors[1:]
	}
	return tensors[:1], byName
}

// readCall takes the states.
func (r *recurrence) readCall(byName map[string]any) ([]any, error) {
	states := byName["initial_state"]
	delete(byName, "initial_state")
	switch states := states.(type) {
	case nil:
		return nil, nil
	case []any:
		return states, nil
	default:
		return []any{states}, nil
	}
}
