package layers

// LSTMLayer is a long short-term memory: (None, time, size) to (None,
// units), or to (None, time, units) with ReturnSequences. Variables, those of
// its cell: kernel (size, 4 units), recurrent_kernel (units, 4 units) and,
// unless WithoutBias, bias.
// (keras/src/layers/rnn/lstm.py; Hochreiter and Schmidhuber 1997)
type LSTMLayer struct {
	recurrentOptions[*LSTMLayer]
}

func init() {
	RegisterLayer("LSTM", func(s *Settings) Layer {
		l := &LSTMLayer{}
		l.Init(l, "LSTM")
		l.recurrence = readRecurrence(s)
		l.cells = []*recurrentCell{readRecurrentCell(s, &l.state, "LSTMCell")}
		return l
	})
}

// LSTM makes a layer of the given number of units. Apply takes a sequence, or a
// sequence and two states, output and carry, that it starts from; without, it
// starts from zeros. Keras' defaults: Tanh, Sigmoid for the gates, kernels from
// GlorotUniform and Orthogonal(1), a bias of zeros but for ones at the forget gate.
// The result is the output after the last step; see ReturnSequences and
// ReturnState.
func LSTM(units int) *LSTMLayer {
	l := &LSTMLayer{}
	l.Init(l, "LSTM")
	l.cells = []*recurrentCell{newRecurrentCell(&l.state, "LSTMCell", units)}
	return l
}

// RecurrentActivation sets the activation of the gates. Default Sigmoid.
func (l *LSTMLayer) RecurrentActivation(f ActivationFunc) *LSTMLayer {
	setActivation(&l.state, &l.cells[0].gates, f)
	return l
}

// WithoutForgetBias starts the forget gate's bias as the others, not at 1.
func (l *LSTMLayer) WithoutForgetBias() *LSTMLayer {
	l.cells[0].forgetBias = false
	return l
}

// Build creates the cell's variables.
func (l *LSTMLayer) Build(in []Shape) error { return l.build(&l.state, in) }

// Config returns Keras' configuration of an LSTM.
func (l *LSTMLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	l.cells[0].addTo(c)
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	return c
}
