package layers

// recurrentOptions is what [LSTM], [GRU] and [SimpleRNN] share. Only the options
// are its methods, see kernelAndBias.
type recurrentOptions[L Layer] struct {
	Base[L]
	recurrence
}

// ReturnSequences gives the output after every step.
func (l *recurrentOptions[L]) ReturnSequences() L {
	l.returnSequences = true
	return l.self
}

// ReturnState gives the states after the last step too: behind the output, as
// Result(1) of what Apply returns, and for an LSTM the carry as Result(2). Another
// layer can start from them.
func (l *recurrentOptions[L]) ReturnState() L {
	l.returnState = true
	return l.self
}

// GoBackwards walks from the last step to the first. With ReturnSequences the
// outputs are in the order of the walk.
func (l *recurrentOptions[L]) GoBackwards() L {
	l.goBackwards = true
	return l.self
}

// Activation sets the activation of the output. Default Tanh.
func (l *recurrentOptions[L]) Activation(f ActivationFunc) L {
	setActivation(&l.state, &l.cells[0].activation, f)
	return l.self
}

// WithoutBias leaves the bias out.
func (l *recurrentOptions[L]) WithoutBias() L {
	l.cells[0].useBias = false
	return l.self
}

// Dropout drops inputs while training, the same ones at every step.
func (l *recurrentOptions[L]) Dropout(p float64) L {
	l.cells[0].dropout = rate(&l.state, p)
	return l.self
}

// RecurrentDropout drops of the state while training, the same at every step.
func (l *recurrentOptions[L]) RecurrentDropout(p float64) L {
	l.cells[0].recurrentDropout = rate(&l.state, p)
	return l.self
}

// Kernel sets how the inputs' kernel starts, and what holds it; a nil
// initializer leaves Keras' default.
func (l *recurrentOptions[L]) Kernel(o WeightOptions) L {
	l.cells[0].kernel.replace(&l.state, "kernel", o)
	return l.self
}

// Recurrent is Kernel for the state's kernel.
func (l *recurrentOptions[L]) Recurrent(o WeightOptions) L {
	l.cells[0].recurrent.replace(&l.state, "recurrent_kernel", o)
	return l.self
}

// Bias is Kernel for the bias.
func (l *recurrentOptions[L]) Bias(o WeightOptions) L {
	l.cells[0].bias.replace(&l.state, "bias", o)
	return l.self
}
