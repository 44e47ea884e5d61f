package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Initializer draws the first value of a variable. The kinds and formulas are
// Keras' (keras/src/initializers); the random numbers are Go's PCG, so a seed
// gives the same weights on every machine and backend, but not the numbers
// Keras would draw.
type Initializer struct {
	// Kind is Keras' class name: "GlorotUniform", "GlorotNormal",
	// "HeUniform", "HeNormal", "LecunUniform", "LecunNormal",
	// "RandomUniform", "RandomNormal", "TruncatedNormal", "Constant", "Zeros"
	// or "Ones".
	Kind string
	// A and B are the parameters of the kinds that have some: RandomUniform
	// draws from [A, B), RandomNormal and TruncatedNormal have mean A and
	// standard deviation B, Constant fills with A.
	A, B float64
}

// The initializers without parameters. Fans are Keras' compute_fans: a kernel
// (h, w, in, out) has fanIn = h*w*in and fanOut = h*w*out.
var (
	// GlorotUniform draws from ±sqrt(6/(fanIn+fanOut)): the default of kernels.
	GlorotUniform = Initializer{Kind: "GlorotUniform"}
	// GlorotNormal draws from a truncated normal of variance 2/(fanIn+fanOut).
	GlorotNormal = Initializer{Kind: "GlorotNormal"}
	// HeUniform draws from ±sqrt(6/fanIn).
	HeUniform = Initializer{Kind: "HeUniform"}
	// HeNormal draws from a truncated normal of variance 2/fanIn.
	HeNormal = Initializer{Kind: "HeNormal"}
	// LecunUniform draws from ±sqrt(3/fanIn).
	LecunUniform = Initializer{Kind: "LecunUniform"}
	// LecunNormal draws from a truncated normal of variance 1/fanIn.
	LecunNormal = Initializer{Kind: "LecunNormal"}
	// Zeros fills with 0: the default of biases.
	Zeros = Initializer{Kind: "Zeros"}
	// Ones fills with 1.
	Ones = Initializer{Kind: "Ones"}
)

// RandomUniform draws from [low, high).
func RandomUniform(low, high float64) Initializer {
	return Initializer{Kind: "RandomUniform", A: low, B: high}
}

// RandomNormal draws from a normal distribution.
func RandomNormal(mean, stddev float64) Initializer {
	return Initializer{Kind: "RandomNormal", A: mean, B: stddev}
}

// TruncatedNormal draws from a normal distribution cut two standard
// deviations from its mean.
func TruncatedNormal(mean, stddev float64) Initializer {
	return Initializer{Kind: "TruncatedNormal", A: mean, B: stddev}
}

// Constant fills with one value.
func Constant(value float64) Initializer { return Initializer{Kind: "Constant", A: value} }

// truncatedStddev is the standard deviation of a unit normal cut at ±2, by
// which Keras' VarianceScaling divides.
const truncatedStddev = .87962566103423978

// Draw returns the first value of a variable of the given shape in row-major
// order. An Initializer whose Kind is unknown draws zeros; Check reports it.
func (i Initializer) Draw(shape Shape, rng *rand.Rand) []float32 {
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
func (i Initializer) generator(shape Shape, rng *rand.Rand) func() float64 {
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
	in, out := fans(shape)
	switch i.Kind {
	case "GlorotUniform":
		limit := math.Sqrt(6 / (in + out))
		return uniform(-limit, limit)
	case "GlorotNormal":
		return truncated(0, math.Sqrt(2/(in+out))/truncatedStddev)
	case "HeUniform":
		limit := math.Sqrt(6 / in)
		return uniform(-limit, limit)
	case "HeNormal":
		return truncated(0, math.Sqrt(2/in)/truncatedStddev)
	case "LecunUniform":
		limit := math.Sqrt(3 / in)
		return uniform(-limit, limit)
	case "LecunNormal":
		return truncated(0, math.Sqrt(1/in)/truncatedStddev)
	case "RandomUniform":
		return uniform(i.A, i.B)
	case "RandomNormal":
		return func() float64 { return i.A + i.B*rng.NormFloat64() }
	case "TruncatedNormal":
		return truncated(i.A, i.B)
	case "Constant":
		return func() float64 { return i.A }
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

// Check returns an error unless the kind is known and its parameters are
// finite.
func (i Initializer) Check() error {
	if math.IsNaN(i.A) || math.IsInf(i.A, 0) || math.IsNaN(i.B) || math.IsInf(i.B, 0) {
		return fmt.Errorf("initializer %s wants finite parameters, got %g and %g", i.Kind, i.A, i.B)
	}
	switch i.Kind {
	case "RandomNormal", "TruncatedNormal":
		if i.B < 0 {
			return fmt.Errorf("initializer %s wants a standard deviation of at least 0, got %g", i.Kind, i.B)
		}
	case "GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal",
		"RandomUniform", "Constant", "Zeros", "Ones":
	default:
		return fmt.Errorf("unknown initializer %q", i.Kind)
	}
	return nil
}
