package layers

import (
	"fmt"
	"math/rand/v2"
)

// dirac is a [Dirac].
type dirac struct{ rest Initializer }

// Dirac makes a convolution begin as the identity: of a kernel (spatial axes…,
// in, filters) filter k passes on input k, by a one in the middle of the
// window, as PyTorch's torch.nn.init.dirac_ does. Filters beyond the number of
// inputs start with what rest draws for the whole kernel; nil is Zeros.
func Dirac(rest Initializer) Initializer {
	if rest == nil {
		rest = Zeros
	}
	return dirac{rest}
}

// Class is the class name.
func (dirac) Class() string { return "gocifar>Dirac" }

// Config returns the configuration.
func (i dirac) Config() map[string]any { return map[string]any{"rest": InitializerConfig(i.rest)} }

func (i dirac) check() error { return CheckInitializer(i.rest) }

// CheckShape wants a kernel.
func (i dirac) CheckShape(s Shape) error {
	if len(s) < 3 || len(s) > 5 {
		return fmt.Errorf("initializer Dirac wants a kernel with 1 to 3 spatial axes, got %s", s.Tuple())
	}
	return checkShapeOf(i.rest, s)
}

// Draw returns the values of a kernel.
func (i dirac) Draw(shape Shape, rng *rand.Rand) []float32 {
	values := i.rest.Draw(shape, rng)
	inputs, filters := shape[len(shape)-2], shape[len(shape)-1]
	middle := 0
	for _, size := range shape[:len(shape)-2] {
		middle = middle*size + size/2
	}
	for at := 0; at < len(values); at += filters {
		tap, input := at/filters/inputs, at/filters%inputs
		for k := range min(inputs, filters) {
			values[at+k] = 0
			if k == input && tap == middle {
				values[at+k] = 1
			}
		}
	}
	return values
}

func init() {
	RegisterInitializer("gocifar>Dirac", func(s *Settings) Initializer { return Dirac(s.Initializer("rest", Zeros)) })
}
