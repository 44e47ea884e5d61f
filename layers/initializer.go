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
// would draw. [RegisterInitializer] makes one's own known to files.
type Initializer interface {
	Configured
	// Draw returns the values of a variable of the given shape in row-major
	// order.
	Draw(shape Shape, rng *rand.Rand) []float32
}

// initializer is one of Keras'.
type initializer struct {
	// class is Keras' class name.
	class string
	// a and b are the parameters of the kinds that have some: RandomUniform
	// draws from [a, b), RandomNormal and TruncatedNormal have mean a and
	// standard deviation b, Constant fills with a.
	a, b float64
}

// The initializers without parameters. Fans are Keras' compute_fans: a kernel
// (h, w, in, out) has fanIn = h*w*in and fanOut = h*w*out.
var (
	// GlorotUniform draws from ±sqrt(6/(fanIn+fanOut)): the default of kernels.
	GlorotUniform Initializer = initializer{class: "GlorotUniform"}
	// GlorotNormal draws from a truncated normal of variance 2/(fanIn+fanOut).
	GlorotNormal Initializer = initializer{class: "GlorotNormal"}
	// HeUniform draws from ±sqrt(6/fanIn).
	HeUniform Initializer = initializer{class: "HeUniform"}
	// HeNormal draws from a truncated normal of variance 2/fanIn.
	HeNormal Initializer = initializer{class: "HeNormal"}
	// LecunUniform draws from ±sqrt(3/fanIn).
	LecunUniform Initializer = initializer{class: "LecunUniform"}
	// LecunNormal draws from a truncated normal of variance 1/fanIn.
	LecunNormal Initializer = initializer{class: "LecunNormal"}
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

// scalings are the kinds whose variance follows from the fans, the mean of both
// or fanIn: Keras' VarianceScaling.
var scalings = map[string]scaling{
	"GlorotUniform": {1, true, true}, "GlorotNormal": {1, true, false},
	"HeUniform": {2, false, true}, "HeNormal": {2, false, false},
	"LecunUniform": {1, false, true}, "LecunNormal": {1, false, false},
}

type scaling struct {
	scale            float64
	average, uniform bool
}

// truncatedStddev is the standard deviation of a unit normal cut at ±2, by
// which Keras' VarianceScaling divides.
const truncatedStddev = .87962566103423978

// Class is Keras' class name.
func (i initializer) Class() string { return i.class }

// Draw returns the values of a variable of the given shape.
func (i initializer) Draw(shape Shape, rng *rand.Rand) []float32 {
	next := i.generator(shape, rng)
	values := make([]float32, shape.Size())
	if next == nil {
		return values
	}
	for j := range values {
		values[j] = float32(next())
	}
	return values
}

// generator returns the function that draws one value; nil means zeros.
func (i initializer) generator(shape Shape, rng *rand.Rand) func() float64 {
	uniform := func(low, high float64) func() float64 {
		return func() float64 { return low + (high-low)*rng.Float64() }
	}
	truncated := func(mean, stddev float64) func() float64 {
		return func() float64 {
			for {
				if z := rng.NormFloat64(); math.Abs(z) < 2 {
					return mean + stddev*z
				}
			}
		}
	}
	if k, ok := scalings[i.class]; ok {
		in, out := fans(shape)
		fan := in
		if k.average {
			fan = (in + out) / 2
		}
		if k.uniform {
			limit := math.Sqrt(3 * k.scale / fan)
			return uniform(-limit, limit)
		}
		return truncated(0, math.Sqrt(k.scale/fan)/truncatedStddev)
	}
	switch i.class {
	case "RandomUniform":
		return uniform(i.a, i.b)
	case "RandomNormal":
		return func() float64 { return i.a + i.b*rng.NormFloat64() }
	case "TruncatedNormal":
		return truncated(i.a, i.b)
	case "Constant":
		return func() float64 { return i.a }
	case "Ones":
		return func() float64 { return 1 }
	}
	return nil
}

// fans is Keras' compute_fans: the numbers of inputs and outputs of a weight.
func fans(shape Shape) (in, out float64) {
	switch n := len(shape); n {
	case 0:
		return 1, 1
	case 1:
		return float64(shape[0]), float64(shape[0])
	default:
		receptive := float64(shape[:n-2].Size())
		return receptive * float64(shape[n-2]), receptive * float64(shape[n-1])
	}
}

// CheckInitializer says what is wrong with an initializer that a layer is given.
func CheckInitializer(i Initializer) error {
	if i == nil {
		return errors.New("wants an initializer, got nil")
	}
	k, ours := i.(initializer)
	switch normal := k.class == "RandomNormal" || k.class == "TruncatedNormal"; {
	case !ours:
		return nil
	case math.IsNaN(k.a) || math.IsInf(k.a, 0) || math.IsNaN(k.b) || math.IsInf(k.b, 0):
		return fmt.Errorf("initializer %s wants finite parameters, got %g and %g", k.class, k.a, k.b)
	case normal && k.b < 0:
		return fmt.Errorf("initializer %s wants a standard deviation of at least 0, got %g", k.class, k.b)
	}
	return nil
}
