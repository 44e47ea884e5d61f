package layers

// SimpleRNNLayer feeds its output back: (None, time, size) to (None,
// units), or to (None, time, units) with ReturnSequences. Variables, those of
// its cell: kernel (size, units), recurrent_kernel (units, units) and,
// unless WithoutBias, bias.
// (keras/src/layers/rnn/simple_rnn.py; Elman 1990)
type SimpleRNNLayer struct {
	recurrentOptions[*SimpleRNNLayer]
}

func init() {
	RegisterLayer("SimpleRNN", func(s *Settings) Layer {
		l := &SimpleRNNLayer{}
		l.Init(l, "SimpleRNN")
		l.recurrence = readRecurrence(s)
		l.cells = []*recurrentCell{readRecurrentCell(s, &l.state, "SimpleRNNCell")}
		return l
	})
}

// SimpleRNN makes a layer of the given number of units. Apply takes a sequence, or a
// sequence and a state that it starts from; without, it starts from zeros.
// Keras' defaults: Tanh, kernels from GlorotUniform and
// Orthogonal(1), a bias of zeros.
// The result is the output after the last step; see ReturnSequences and
// ReturnState.
func SimpleRNN(units int) *SimpleRNNLayer {
	l := &SimpleRNNLayer{}
	l.Init(l, "SimpleRNN")
	l.cells = []*recurrentCell{newRecurrentCell(&l.state, "SimpleRNNCell", units)}
	return l
}

// Build creates the cell's variables.
func (l *SimpleRNNLayer) Build(in []Shape) error { return l.build(&l.state, in) }

// Config returns Keras' configuration of a SimpleRNN.
func (l *SimpleRNNLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	l.cells[0].addTo(c)
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	delete(c, "seed") // Keras leaves it out
	return c
}
