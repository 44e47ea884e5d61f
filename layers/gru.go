package layers

import "github.com/gomlx/gomlx/core/graph"

// GRULayer is a gated recurrent unit: (None, time, size) to (None,
// units), or to (None, time, units) with ReturnSequences. Variables, those of
// its cell: kernel (size, 3 units), recurrent_kernel (units, 3 units) and,
// unless WithoutBias, bias.
// (keras/src/layers/rnn/gru.py; Cho et al. 2014)
type GRULayer struct {
	Base[*GRULayer]
	recurrence
}

func init() {
	RegisterLayer("GRU", func(s *Settings) Layer {
		l := &GRULayer{recurrence: readRecurrence(s)}
		l.Init(l, "GRU")
		l.cells = []*recurrentCell{readRecurrentCell(s, &l.state, "GRUCell")}
		return l
	})
}

// GRU makes a layer of the given number of units. Apply takes a sequence, or a
// sequence and a state that it starts from; without, it starts from zeros.
// Keras' defaults: Tanh, Sigmoid for the gates, kernels
// from GlorotUniform and Orthogonal(1), biases of zeros, the reset gate after
// the product with the state's kernel.
// The result is the output after the last step. return_state and stateful are
// not supported.
func GRU(units int) *GRULayer {
	l := &GRULayer{}
	l.Init(l, "GRU")
	l.cells = []*recurrentCell{newRecurrentCell(&l.state, "GRUCell", units)}
	return l
}

// ReturnSequences gives the output after every step.
func (l *GRULayer) ReturnSequences() *GRULayer {
	l.returnSequences = true
	return l
}

// GoBackwards walks from the last step to the first. With ReturnSequences the
// outputs are in the order of the walk.
func (l *GRULayer) GoBackwards() *GRULayer {
	l.goBackwards = true
	return l
}

// Activation sets the activation of the output. Default Tanh.
func (l *GRULayer) Activation(f ActivationFunc) *GRULayer {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.cells[0].activation = f
	return l
}

// RecurrentActivation sets the activation of the gates. Default Sigmoid.
func (l *GRULayer) RecurrentActivation(f ActivationFunc) *GRULayer {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.cells[0].gates = f
	return l
}

// ResetBefore applies the reset gate before the product with the state's
// kernel, as Cho et al. do: Keras' reset_after=False.
func (l *GRULayer) ResetBefore() *GRULayer {
	l.cells[0].resetAfter = false
	return l
}

// WithoutBias leaves the bias out.
func (l *GRULayer) WithoutBias() *GRULayer {
	l.cells[0].useBias = false
	return l
}

// Dropout drops inputs while training, the same ones at every step.
func (l *GRULayer) Dropout(p float64) *GRULayer {
	l.cells[0].dropout = rate(&l.state, p)
	return l
}

// RecurrentDropout drops of the state while training, the same at every step.
func (l *GRULayer) RecurrentDropout(p float64) *GRULayer {
	l.cells[0].recurrentDropout = rate(&l.state, p)
	return l
}

// Kernel sets how the inputs' kernel starts, and what holds it; a nil
// initializer leaves Keras' default.
func (l *GRULayer) Kernel(o WeightOptions) *GRULayer {
	l.cells[0].kernel.replace(&l.state, "kernel", o)
	return l
}

// Recurrent is Kernel for the state's kernel.
func (l *GRULayer) Recurrent(o WeightOptions) *GRULayer {
	l.cells[0].recurrent.replace(&l.state, "recurrent_kernel", o)
	return l
}

// Bias is Kernel for the bias.
func (l *GRULayer) Bias(o WeightOptions) *GRULayer {
	l.cells[0].bias.replace(&l.state, "bias", o)
	return l
}

// OutputShape is (units) or (time, units).
func (l *GRULayer) OutputShape(in []Shape) (Shape, error) { return l.outputShape(in) }

// Build creates the cell's variables.
func (l *GRULayer) Build(in []Shape) error {
	l.build(&l.state, in)
	return nil
}

// Call walks along the sequence.
func (l *GRULayer) Call(c *Pass, in []*graph.Node) *graph.Node { return l.run(c, in) }

// OutputMask is the sequence's, of the outputs after every step.
func (l *GRULayer) OutputMask(_ *Pass, _, masks []*graph.Node) *graph.Node {
	return l.outputMask(masks)
}

// BuildConfig is Keras' get_build_config.
func (l *GRULayer) BuildConfig(in []Shape) map[string]any { return l.buildConfig(in) }

// CallConfig implements [Caller].
func (l *GRULayer) CallConfig(tensors []any) ([]any, map[string]any) { return l.callConfig(tensors) }

// ReadCall implements [Caller].
func (l *GRULayer) ReadCall(byName map[string]any) ([]any, error) { return l.readCall(byName) }

// Config returns Keras' configuration of a GRU.
func (l *GRULayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	l.cells[0].addTo(c)
	c["activity_regularizer"] = RegularizerConfig(l.activity)
	return c
}
