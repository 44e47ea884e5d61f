package layers

// GRULayer is a gated recurrent unit: (None, time, size) to (None,
// units), or to (None, time, units) with ReturnSequences. Variables, those of
// its cell: kernel (size, 3 units), recurrent_kernel (units, 3 units) and,
// unless WithoutBias, bias.
// (keras/src/layers/rnn/gru.py; Cho et al. 2014)
type GRULayer struct {
	recurrentOptions[*GRULayer]
}

func init() {
	RegisterLayer("GRU", func(s *Settings) Layer {
		l := &GRULayer{}
		l.Init(l, "GRU")
		l.recurrence = readRecurrence(s)
		l.cells = []*recurrentCell{readRecurrentCell(s, &l.state, "GRUCell")}
		return l
	})
}

// GRU makes a layer of the given number of units. Apply takes a sequence, or a
// sequence and a state that it starts from; without, it starts from zeros.
// Keras' defaults: Tanh, Sigmoid for the gates, kernels
// from GlorotUniform and Orthogonal(1), biases of zeros, the reset gate after
// the product with the state's kernel.
// The result is the output after the last step; see ReturnSequences and
// ReturnState.
func GRU(units int) *GRULayer {
	l := &GRULayer{}
	l.Init(l, "GRU")
	l.cells = []*recurrentCell{newRecurrentCell(&l.state, "GRUCell", units)}
	return l
}

// RecurrentActivation sets the activation of the gates. Default Sigmoid.
func (l *GRULayer) RecurrentActivation(f ActivationFunc) *GRULayer {
	setActivation(&l.state, &l.cells[0].gates, f)
	return l
}

// ResetBefore applies the reset gate before the product with the state's
// kernel, as Cho et al. do: Keras' reset_after=False.
func (l *GRULayer) ResetBefore() *GRULayer {
	l.cells[0].resetAfter = false
	return l
}

// Build creates the cell's variables.
func (l *GRULayer) Build(in []Shape) error { return l.build(&l.state, in) }

// Config returns Keras' configuration of a GRU.
func (l *GRULayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	l.cells[0].addTo(c)
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	return c
}
