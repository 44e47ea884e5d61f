package layers

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Initializer draws the first value of a variable. Those here are Keras'
// (keras/src/initializers); the random numbers are Go's PCG, so a seed gives the
// same weights on every machine and backend, but not the numbers that Keras
// would draw. [RegisterInitializer] makes one's own known to files. One that
// takes only some shapes has a method CheckShape(Shape) error.
type Initializer interface {
	Configured
	// Draw returns the values of a variable of the given shape in row-major
	// order.
	Draw(shape Shape, rng *rand.Rand) []float32
}

// initializer is one of those that fill, or draw every value by itself.
type initializer struct {
	// class is Keras' class name.
	class string
	// a and b are the parameters of the kinds that have some: RandomUniform
	// draws from [a, b), RandomNormal and TruncatedNormal have mean a and
	// standard deviation b, Constant fills with a.
	a, b float64
}

var (
	// Zeros fills with 0: the default of biases.
	Zeros Initializer = initializer{class: "Zeros"}
	// Ones fills with 1.
	Ones Initializer = initializer{class: "Ones"}
)

// RandomUniform draws from [low, high).
func RandomUniform(low, high float64) Initializer {
	return initializer{"RandomUniform", low, high}
}

// RandomNormal draws from a normal distribution.
func RandomNormal(mean, stddev float64) Initializer {
	return initializer{"RandomNormal", mean, stddev}
}

// TruncatedNormal draws from a normal distribution cut two standard
// deviations from its mean.
func TruncatedNormal(mean, stddev float64) Initializer {
	return initializer{"TruncatedNormal", mean, stddev}
}

// Constant fills with one value.
func Constant(value float64) Initializer { return initializer{"Constant", value, 0} }

// Class is Keras' class name.
func (i initializer) Class() string { return i.class }

// Draw returns the values of a variable of the given shape.
func (i initializer) Draw(shape Shape, rng *rand.Rand) []float32 {
	switch i.class {
	case "RandomUniform":
		return drawEach(shape, uniformly(rng, i.a, i.b))
	case "RandomNormal":
		return drawEach(shape, func() float64 { return i.a + i.b*rng.NormFloat64() })
	case "TruncatedNormal":
		return drawEach(shape, truncatedNormal(rng, i.a, i.b))
	case "Constant":
		return drawEach(shape, func() float64 { return i.a })
	case "Ones":
		return drawEach(shape, func() float64 { return 1 })
	}
	return make([]float32, shape.Size())
}

func drawEach(shape Shape, next func() float64) []float32 {
	values := make([]float32, shape.Size())
	for j := range values {
		values[j] = float32(next())
	}
	return values
}

func uniformly(rng *rand.Rand, low, high float64) func() float64 {
	return func() float64 { return low + (high-low)*rng.Float64() }
}

func truncatedNormal(rng *rand.Rand, mean, stddev float64) func() float64 {
	return func() float64 {
		for {
			if z := rng.NormFloat64(); math.Abs(z) < 2 {
				return mean + stddev*z
			}
		}
	}
}

func (i initializer) check() error {
	switch normal := i.class == "RandomNormal" || i.class == "TruncatedNormal"; {
	case math.IsNaN(i.a) || math.IsInf(i.a, 0) || math.IsNaN(i.b) || math.IsInf(i.b, 0):
		return fmt.Errorf("initializer %s wants finite parameters, got %g and %g", i.class, i.a, i.b)
	case normal && i.b < 0:
		return fmt.Errorf("initializer %s wants a standard deviation of at least 0, got %g", i.class, i.b)
	}
	return nil
}

// CheckInitializer says what is wrong with an initializer that a layer is given.
func CheckInitializer(i Initializer) error {
	if i == nil {
		return errors.New("wants an initializer, got nil")
	}
	return checkOption(i)
}
