package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// recurrentCell is one step of a recurrent layer: Keras' LSTMCell, GRUCell or
// SimpleRNNCell.
// (keras/src/layers/rnn/lstm.py, gru.py, simple_rnn.py)
type recurrentCell struct {
	class                           string // "LSTMCell"
	name                            string // "lstm_cell"
	units                           int
	activation, gates               ActivationFunc
	useBias, forgetBias, resetAfter bool
	kernel, recurrent, bias         WeightOptions
	dropout, recurrentDropout       float64
	seed                            any

	kernelWeight, recurrentWeight, biasWeight *Variable
}

// parts is the number of results that the kernels compute at once.
func (r *recurrentCell) parts() int {
	return map[string]int{"LSTMCell": 4, "GRUCell": 3, "SimpleRNNCell": 1}[r.class]
}

// states is the number of states: output and carry for an LSTM.
func (r *recurrentCell) states() int {
	if r.class == "LSTMCell" {
		return 2
	}
	return 1
}

// newRecurrentCell makes a cell with Keras' defaults.
func newRecurrentCell(l *state, class string, units int) *recurrentCell {
	if units < 1 {
		l.Invalid("units must be at least 1, got %d", units)
	}
	return &recurrentCell{class: class, name: SnakeCase(class), units: units,
		activation: Tanh, gates: Sigmoid, useBias: true, forgetBias: true, resetAfter: true,
		kernel:    WeightOptions{Initializer: GlorotUniform},
		recurrent: WeightOptions{Initializer: Orthogonal(1)},
		bias:      WeightOptions{Initializer: Zeros}}
}

// readRecurrentCell reads the settings that a cell and its layer have alike.
func readRecurrentCell(s *Settings, l *state, class string) *recurrentCell {
	s.Ignore("implementation", "unroll_length")
	r := newRecurrentCell(l, class, s.Int("units", 0))
	r.activation = s.Activation("activation", Tanh)
	switch class {
	case "LSTMCell":
		r.forgetBias = s.Bool("unit_forget_bias", true)
		r.gates = s.Activation("recurrent_activation", Sigmoid)
	case "GRUCell":
		r.resetAfter = s.Bool("reset_after", true)
		r.gates = s.Activation("recurrent_activation", Sigmoid)
	}
	r.useBias = s.Bool("use_bias", true)
	r.kernel = s.WeightOptions("kernel", GlorotUniform)
	r.recurrent = s.WeightOptions("recurrent", Orthogonal(1))
	r.bias = s.WeightOptions("bias", Zeros)
	r.dropout = rate(l, s.Float("dropout", 0))
	r.recurrentDropout = rate(l, s.Float("recurrent_dropout", 0))
	r.seed = s.seed()
	return r
}

// setActivation sets the activation of the output or of the gates.
func setActivation(l *state, of *ActivationFunc, f ActivationFunc) {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	*of = f
}

// addTo adds the cell's settings to a configuration.
func (r *recurrentCell) addTo(c map[string]any) {
	c["units"], c["activation"], c["use_bias"] = r.units, ActivationConfig(r.activation), r.useBias
	c["dropout"], c["recurrent_dropout"], c["seed"] = r.dropout, r.recurrentDropout, r.seed
	switch r.class {
	case "LSTMCell":
		c["recurrent_activation"], c["unit_forget_bias"] = ActivationConfig(r.gates), r.forgetBias
	case "GRUCell":
		c["recurrent_activation"], c["reset_after"] = ActivationConfig(r.gates), r.resetAfter
	}
	r.kernel.AddConfig(c, "kernel")
	r.recurrent.AddConfig(c, "recurrent")
	r.bias.AddConfig(c, "bias")
}

// build adds the variables to a layer, for inputs of the given size. path is
// the cell's in the variables' names, place the one in files.
func (r *recurrentCell) build(l *state, size int, path, place string) {
	r.buildFor(l, nil, size, path, place)
}

// buildFor does so for kernels that are windows over images.
func (r *recurrentCell) buildFor(l *state, window Shape, size int, path, place string) {
	wide := r.parts() * r.units
	add := func(name string, shape Shape, o WeightOptions) *Variable {
		v := l.AddWeight(path+"/"+name, shape, o)
		v.Place = place
		return v
	}
	r.kernelWeight = add("kernel", append(window.Clone(), size, wide), r.kernel)
	r.recurrentWeight = add("recurrent_kernel", append(window.Clone(), r.units, wide), r.recurrent)
	if !r.useBias {
		return
	}
	bias, shape := r.bias, Shape{wide}
	switch {
	case r.class == "LSTMCell" && r.forgetBias:
		bias.Initializer = forgetBias{bias.Initializer, r.units}
	case r.class == "GRUCell" && r.resetAfter:
		shape = Shape{2, wide} // of the input and of the state
	}
	r.biasWeight = add("bias", shape, bias)
}

// sequence is what a cell needs while it walks along a sequence.
type sequence struct {
	*recurrentCell
	c            *Pass
	inputs       *graph.Node   // [batch, time, parts*units]: the kernel's products
	kernel, bias *graph.Node   // of the state; bias is nil where there is none
	masks        []*graph.Node // of the state, one for each part; nil where nothing drops
	// product is that of the state with its kernel, or with a part of it.
	product func(h, kernel *graph.Node) *graph.Node
}

// walk prepares a cell for inputs [batch, time, size]: the products with the
// kernel are computed for all steps at once.
func (r *recurrentCell) walk(c *Pass, x *graph.Node) *sequence {
	s := &sequence{recurrentCell: r, c: c, kernel: c.Value(r.recurrentWeight), product: xla.Product}
	d := x.Shape().Dimensions
	kernel := c.Value(r.kernelWeight)
	switch {
	case !c.Training || r.dropout == 0:
		s.inputs = xla.Product(x, kernel)
	case r.recurrentDropout == 0: // one mask
		s.inputs = xla.Product(graph.Mul(x, s.mask(x.DType(), r.dropout, d[0], 1, d[2])), kernel)
	default: // one for each part
		var parts []*graph.Node
		for i := range r.parts() {
			masked := graph.Mul(x, s.mask(x.DType(), r.dropout, d[0], 1, d[2]))
			parts = append(parts, xla.Product(masked, r.part(kernel, i)))
		}
		s.inputs = graph.Concatenate(parts, -1)
	}
	if r.useBias {
		bias := c.Value(r.biasWeight)
		if bias.Rank() == 2 {
			s.bias = graph.SliceAxis(bias, 0, graph.AxisRange(1, 2))
			bias = graph.Reshape(graph.SliceAxis(bias, 0, graph.AxisRange(0, 1)), -1)
		}
		s.inputs = xla.AddBias(s.inputs, bias)
	}
	if c.Training && r.recurrentDropout > 0 {
		for range r.parts() {
			s.masks = append(s.masks, s.mask(x.DType(), r.recurrentDropout, d[0], r.units))
		}
	}
	return s
}

// mask is a dropout of ones, the same for all steps.
func (s *sequence) mask(dtype dtypes.DType, rate float64, dimensions ...int) *graph.Node {
	ones := graph.Ones(s.c.Graph, shapes.Make(dtype, dimensions...))
	return Dropout(rate).Call(s.c, []*graph.Node{ones})
}

// part is the i-th of the parts along the last axis.
func (r *recurrentCell) part(x *graph.Node, i int) *graph.Node {
	return graph.SliceAxis(x, -1, graph.AxisRange(i*r.units, (i+1)*r.units))
}

// recurrentPart is the product of the state with one part of its kernel.
func (s *sequence) recurrentPart(h *graph.Node, i int) *graph.Node {
	if s.masks != nil {
		h = graph.Mul(h, s.masks[i])
	}
	y := s.product(h, s.part(s.kernel, i))
	if s.bias != nil {
		y = graph.Add(y, s.part(s.bias, i))
	}
	return y
}

// recurrentParts are the products of the state with its kernel: one product
// where nothing drops.
func (s *sequence) recurrentParts(h *graph.Node, n int) []*graph.Node {
	parts := make([]*graph.Node, n)
	if s.masks != nil || n < s.parts() {
		for i := range parts {
			parts[i] = s.recurrentPart(h, i)
		}
		return parts
	}
	all := s.product(h, s.kernel)
	if s.bias != nil {
		all = graph.Add(all, s.bias)
	}
	for i := range parts {
		parts[i] = s.part(all, i)
	}
	return parts
}

// step computes the next states from the inputs of a step, [batch,
// parts*units].
func (s *sequence) step(x *graph.Node, states []*graph.Node) []*graph.Node {
	switch s.class {
	case "LSTMCell":
		return s.lstm(x, states[0], states[1])
	case "GRUCell":
		return []*graph.Node{s.gru(x, states[0])}
	}
	return []*graph.Node{s.c.Activate(s.activation, graph.Add(x, s.recurrentParts(states[0], 1)[0]))}
}

func (s *sequence) lstm(x, h, carry *graph.Node) []*graph.Node {
	z := s.recurrentParts(h, 4)
	for i := range z {
		z[i] = graph.Add(s.part(x, i), z[i])
	}
	in, forget := s.c.Activate(s.gates, z[0]), s.c.Activate(s.gates, z[1])
	carry = graph.Add(graph.Mul(forget, carry), graph.Mul(in, s.c.Activate(s.activation, z[2])))
	out := s.c.Activate(s.gates, z[3])
	return []*graph.Node{graph.Mul(out, s.c.Activate(s.activation, carry)), carry}
}

func (s *sequence) gru(x, h *graph.Node) *graph.Node {
	n := 3
	if !s.resetAfter {
		n = 2
	}
	inner := s.recurrentParts(h, n)
	update := s.c.Activate(s.gates, graph.Add(s.part(x, 0), inner[0]))
	reset := s.c.Activate(s.gates, graph.Add(s.part(x, 1), inner[1]))
	var from *graph.Node
	if s.resetAfter {
		from = graph.Mul(reset, inner[2])
	} else {
		from = s.recurrentPart(graph.Mul(reset, h), 2)
	}
	candidate := s.c.Activate(s.activation, graph.Add(s.part(x, 2), from))
	return graph.Add(graph.Mul(update, h), graph.Mul(graph.AddScalar(graph.Neg(update), 1), candidate))
}
