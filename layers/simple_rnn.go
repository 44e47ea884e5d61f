package layers

import "github.com/gomlx/gomlx/core/graph"

// SimpleRNNLayer feeds its output back: (None, time, size) to (None,
// units), or to (None, time, units) with ReturnSequences. Variables, those of
// its cell: kernel (size, units), recurrent_kernel (units, units) and,
// unless WithoutBias, bias.
// (keras/src/layers/rnn/simple_rnn.py; Elman 1990)
type SimpleRNNLayer struct {
	Base[*SimpleRNNLayer]
	recurrence
}

func init() {
	RegisterLayer("SimpleRNN", func(s *Settings) Layer {
		l := &SimpleRNNLayer{recurrence: readRecurrence(s)}
		l.Init(l, "SimpleRNN")
		l.cells = []*recurrentCell{readRecurrentCell(s, &l.state, "SimpleRNNCell")}
		return l
	})
}

// SimpleRNN makes a layer of the given number of units. Apply takes a sequence, or a
// sequence and a state that it starts from; without, it starts from zeros.
// Keras' defaults: Tanh, kernels from GlorotUniform and
// Orthogonal(1), a bias of zeros.
// The result is the output after the last step. return_state and stateful are
// not supported.
func SimpleRNN(units int) *SimpleRNNLayer {
	l := &SimpleRNNLayer{}
	l.Init(l, "SimpleRNN")
	l.cells = []*recurrentCell{newRecurrentCell(&l.state, "SimpleRNNCell", units)}
	return l
}

// ReturnSequences gives the output after every step.
func (l *SimpleRNNLayer) ReturnSequences() *SimpleRNNLayer {
	l.returnSequences = true
	return l
}

// GoBackwards walks from the last step to the first. With ReturnSequences the
// outputs are in the order of the walk.
func (l *SimpleRNNLayer) GoBackwards() *SimpleRNNLayer {
	l.goBackwards = true
	return l
}

// Activation sets the activation of the output. Default Tanh.
func (l *SimpleRNNLayer) Activation(f ActivationFunc) *SimpleRNNLayer {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.cells[0].activation = f
	return l
}

// WithoutBias leaves the bias out.
func (l *SimpleRNNLayer) WithoutBias() *SimpleRNNLayer {
	l.cells[0].useBias = false
	return l
}

// Dropout drops inputs while training, the same ones at every step.
func (l *SimpleRNNLayer) Dropout(p float64) *SimpleRNNLayer {
	l.cells[0].dropout = rate(&l.state, p)
	return l
}

// RecurrentDropout drops of the state while training, the same at every step.
func (l *SimpleRNNLayer) RecurrentDropout(p float64) *SimpleRNNLayer {
	l.cells[0].recurrentDropout = rate(&l.state, p)
	return l
}

// Kernel sets how the inputs' kernel starts, and what holds it; a nil
// initializer leaves Keras' default.
func (l *SimpleRNNLayer) Kernel(o WeightOptions) *SimpleRNNLayer {
	l.cells[0].kernel.replace(&l.state, "kernel", o)
	return l
}

// Recurrent is Kernel for the state's kernel.
func (l *SimpleRNNLayer) Recurrent(o WeightOptions) *SimpleRNNLayer {
	l.cells[0].recurrent.replace(&l.state, "recurrent_kernel", o)
	return l
}

// Bias is Kernel for the bias.
func (l *SimpleRNNLayer) Bias(o WeightOptions) *SimpleRNNLayer {
	l.cells[0].bias.replace(&l.state, "bias", o)
	return l
}

// OutputShape is (units) or (time, units).
func (l *SimpleRNNLayer) OutputShape(in []Shape) (Shape, error) { return l.outputShape(in) }

// Build creates the cell's variables.
func (l *SimpleRNNLayer) Build(in []Shape) error {
	l.build(&l.state, in)
	return nil
}

// Call walks along the sequence.
func (l *SimpleRNNLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return l.run(c, in) }

// OutputMask is the sequence's, of the outputs after every step.
func (l *SimpleRNNLayer) OutputMask(_ *Pass, _, masks []*graph.Node) *graph.Node {
	return l.outputMask(masks)
}

// BuildConfig is Keras' get_build_config.
func (l *SimpleRNNLayer) BuildConfig(in []Shape) map[string]any { return l.buildConfig(in) }

// CallConfig implements [Caller].
func (l *SimpleRNNLayer) CallConfig(tensors []any) ([]any, map[string]any) {
	return l.callConfig(tensors)
}

// ReadCall implements [Caller].
func (l *SimpleRNNLayer) ReadCall(byName map[string]any) ([]any, error) { return l.readCall(byName) }

// Config returns Keras' configuration of a SimpleRNN.
func (l *SimpleRNNLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	l.cells[0].addTo(c)
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	delete(c, "seed") // Keras leaves it out
	return c
}
