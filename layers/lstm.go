package layers

import "github.com/gomlx/gomlx/core/graph"

// LSTMLayer is a long short-term memory: (None, time, size) to (None,
// units), or to (None, time, units) with ReturnSequences. Variables, those of
// its cell: kernel (size, 4 units), recurrent_kernel (units, 4 units) and,
// unless WithoutBias, bias.
// (keras/src/layers/rnn/lstm.py; Hochreiter and Schmidhuber 1997)
type LSTMLayer struct {
	Base[*LSTMLayer]
	recurrence
}

func init() {
	RegisterLayer("LSTM", func(s *Settings) Layer {
		l := &LSTMLayer{recurrence: readRecurrence(s)}
		l.Init(l, "LSTM")
		l.cells = []*recurrentCell{readRecurrentCell(s, &l.state, "LSTMCell")}
		return l
	})
}

// LSTM makes a layer of the given number of units. Apply takes a sequence, or a
// sequence and two states, output and carry, that it starts from; without, it starts from zeros.
// Keras' defaults: Tanh, Sigmoid for the gates, kernels
// from GlorotUniform and Orthogonal(1), a bias of zeros but for ones at the
// forget gate.
// The result is the output after the last step. return_state and stateful are
// not supported.
func LSTM(units int) *LSTMLayer {
	l := &LSTMLayer{}
	l.Init(l, "LSTM")
	l.cells = []*recurrentCell{newRecurrentCell(&l.state, "LSTMCell", units)}
	return l
}

// ReturnSequences gives the output after every step.
func (l *LSTMLayer) ReturnSequences() *LSTMLayer {
	l.returnSequences = true
	return l
}

// GoBackwards walks from the last step to the first. With ReturnSequences the
// outputs are in the order of the walk.
func (l *LSTMLayer) GoBackwards() *LSTMLayer {
	l.goBackwards = true
	return l
}

// Activation sets the activation of the output. Default Tanh.
func (l *LSTMLayer) Activation(f ActivationFunc) *LSTMLayer {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.cells[0].activation = f
	return l
}

// RecurrentActivation sets the activation of the gates. Default Sigmoid.
func (l *LSTMLayer) RecurrentActivation(f ActivationFunc) *LSTMLayer {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.cells[0].gates = f
	return l
}

// WithoutForgetBias starts the forget gate's bias as the others, not at 1.
func (l *LSTMLayer) WithoutForgetBias() *LSTMLayer {
	l.cells[0].forgetBias = false
	return l
}

// WithoutBias leaves the bias out.
func (l *LSTMLayer) WithoutBias() *LSTMLayer {
	l.cells[0].useBias = false
	return l
}

// Dropout drops inputs while training, the same ones at every step.
func (l *LSTMLayer) Dropout(p float64) *LSTMLayer {
	l.cells[0].dropout = rate(&l.state, p)
	return l
}

// RecurrentDropout drops of the state while training, the same at every step.
func (l *LSTMLayer) RecurrentDropout(p float64) *LSTMLayer {
	l.cells[0].recurrentDropout = rate(&l.state, p)
	return l
}

// Kernel sets how the inputs' kernel starts, and what holds it; a nil
// initializer leaves Keras' default.
func (l *LSTMLayer) Kernel(o WeightOptions) *LSTMLayer {
	l.cells[0].kernel.replace(&l.state, "kernel", o)
	return l
}

// Recurrent is Kernel for the state's kernel.
func (l *LSTMLayer) Recurrent(o WeightOptions) *LSTMLayer {
	l.cells[0].recurrent.replace(&l.state, "recurrent_kernel", o)
	return l
}

// Bias is Kernel for the bias.
func (l *LSTMLayer) Bias(o WeightOptions) *LSTMLayer {
	l.cells[0].bias.replace(&l.state, "bias", o)
	return l
}

// OutputShape is (units) or (time, units).
func (l *LSTMLayer) OutputShape(in []Shape) (Shape, error) { return l.outputShape(in) }

// Build creates the cell's variables.
func (l *LSTMLayer) Build(in []Shape) error {
	l.build(&l.state, in)
	return nil
}

// Call walks along the sequence.
func (l *LSTMLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return l.run(c, in) }

// OutputMask is the sequence's, of the outputs after every step.
func (l *LSTMLayer) OutputMask(_ *Pass, _, masks []*graph.Node) *graph.Node {
	return l.outputMask(masks)
}

// BuildConfig is Keras' get_build_config.
func (l *LSTMLayer) BuildConfig(in []Shape) map[string]any { return l.buildConfig(in) }

// CallConfig implements [Caller].
func (l *LSTMLayer) CallConfig(tensors []any) ([]any, map[string]any) { return l.callConfig(tensors) }

// ReadCall implements [Caller].
func (l *LSTMLayer) ReadCall(byName map[string]any) ([]any, error) { return l.readCall(byName) }

// Config returns Keras' configuration of an LSTM.
func (l *LSTMLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	l.cells[0].addTo(c)
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	return c
}
