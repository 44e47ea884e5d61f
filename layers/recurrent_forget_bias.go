package layers

import "math/rand/v2"

// forgetBias starts the bias of an LSTM's forget gate at 1 (Keras'
// unit_forget_bias; Jozefowicz et al. 2015).
type forgetBias struct {
	Initializer
	units int
}

// Draw draws the bias and fills its second part with ones.
func (f forgetBias) Draw(shape Shape, rng *rand.Rand) []float32 {
	values := f.Initializer.Draw(shape, rng)
	for i := f.units; i < 2*f.units; i++ {
		values[i] = 1
	}
	return values
}
