package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// scaling is Keras' VarianceScaling, or a class that names some values of its
// parameters.
type scaling struct {
	class              string
	scale              float64
	mode, distribution string
	axes               *fanAxes // nil is Keras' compute_fans
}

// fanAxes are the axes of a weight's inputs and outputs.
type fanAxes struct{ input, output []int }

// The initializers without parameters. Fans are Keras' compute_fans: a kernel
// (h, w, in, out) has fanIn = h*w*in and fanOut = h*w*out.
var (
	// GlorotUniform draws from ±sqrt(6/(fanIn+fanOut)): the default of kernels.
	GlorotUniform Initializer = scaling{"GlorotUniform", 1, FanAverage, "uniform", nil}
	// GlorotNormal draws from a truncated normal of variance 2/(fanIn+fanOut).
	GlorotNormal Initializer = scaling{"GlorotNormal", 1, FanAverage, "truncated_normal", nil}
	// HeUniform draws from ±sqrt(6/fanIn).
	HeUniform Initializer = scaling{"HeUniform", 2, FanIn, "uniform", nil}
	// HeNormal draws from a truncated normal of variance 2/fanIn.
	HeNormal Initializer = scaling{"HeNormal", 2, FanIn, "truncated_normal", nil}
	// LecunUniform draws from ±sqrt(3/fanIn).
	LecunUniform Initializer = scaling{"LecunUniform", 1, FanIn, "uniform", nil}
	// LecunNormal draws from a truncated normal of variance 1/fanIn.
	LecunNormal Initializer = scaling{"LecunNormal", 1, FanIn, "truncated_normal", nil}
)

// Modes and distributions of [VarianceScaling], by Keras' names.
const (
	FanIn      = "fan_in"
	FanOut     = "fan_out"
	FanAverage = "fan_avg"

	TruncatedNormalDistribution   = "truncated_normal"
	UntruncatedNormalDistribution = "untruncated_normal"
	UniformDistribution           = "uniform"
)

// VarianceScaling draws with variance scale/n, where n is the number of a
// weight's inputs (mode "fan_in", Keras' default), of its outputs ("fan_out"),
// or their mean ("fan_avg"). Distributions are "truncated_normal", Keras'
// default, which "normal" is another name of, "untruncated_normal" and
// "uniform". Keras' default scale is 1.
func VarianceScaling(scale float64, mode, distribution string) Initializer {
	distribution = strings.ToLower(distribution)
	if distribution == "normal" {
		distribution = "truncated_normal"
	}
	return scaling{"VarianceScaling", scale, mode, distribution, nil}
}

func (i scaling) check() error {
	switch {
	case !(i.scale > 0) || math.IsInf(i.scale, 1):
		return fmt.Errorf("initializer %s wants a finite scale above 0, got %g", i.class, i.scale)
	case i.mode != FanIn && i.mode != FanOut && i.mode != FanAverage:
		return fmt.Errorf("initializer %s: unknown mode %q: known are %q, %q and %q", i.class, i.mode,
			FanIn, FanOut, FanAverage)
	}
	switch i.distribution {
	case "truncated_normal", "untruncated_normal", "uniform":
		return nil
	}
	return fmt.Errorf("initializer %s: unknown distribution %q: known are \"truncated_normal\", \"untruncated_normal\" "+
		"and \"uniform\"", i.class, i.distribution)
}

// Class is Keras' class name.
func (i scaling) Class() string { return i.class }

// truncatedStddev is the standard deviation of a unit normal cut at ±2, by
// which Keras' VarianceScaling divides.
const truncatedStddev = .87962566103423978

// Draw returns the values of a variable of the given shape.
func (i scaling) Draw(shape Shape, rng *rand.Rand) []float32 {
	in, out := i.fans(shape)
	fan := map[string]float64{FanIn: in, FanOut: out, FanAverage: (in + out) / 2}[i.mode]
	variance := i.scale / max(1, fan)
	switch i.distribution {
	case "uniform":
		limit := math.Sqrt(3 * variance)
		return drawEach(shape, uniformly(rng, -limit, limit))
	case "untruncated_normal":
		return drawEach(shape, func() float64 { return math.Sqrt(variance) * rng.NormFloat64() })
	}
	return drawEach(shape, truncatedNormal(rng, 0, math.Sqrt(variance)/truncatedStddev))
}

// fans is Keras' compute_fans: the numbers of inputs and outputs of a weight.
func (i scaling) fans(shape Shape) (in, out float64) {
	n := len(shape)
	switch {
	case i.axes != nil:
		return float64(i.axes.size(i.axes.input, shape)), float64(i.axes.size(i.axes.output, shape))
	case n == 0:
		return 1, 1
	case n == 1:
		return float64(shape[0]), float64(shape[0])
	}
	receptive := float64(shape[:n-2].Size())
	return receptive * float64(shape[n-2]), receptive * float64(shape[n-1])
}

func (*fanAxes) size(axes []int, of Shape) int {
	size := 1
	for _, axis := range axes {
		if axis < 0 {
			axis += len(of)
		}
		size *= of[axis]
	}
	return size
}

// CheckShape wants the axes that it was told of.
func (i scaling) CheckShape(s Shape) error {
	if i.axes == nil {
		return nil
	}
	for _, axes := range [][]int{i.axes.input, i.axes.output} {
		for _, axis := range axes {
			if axis < -len(s) || axis >= len(s) {
				return fmt.Errorf("initializer %s: a variable of shape %s has no axis %d", i.class, s.Tuple(), axis)
			}
		}
	}
	return nil
}

// Config returns Keras' configuration.
func (i scaling) Config() map[string]any {
	c := map[string]any{"seed": nil, "input_axes": nil, "output_axes": nil}
	if i.axes != nil {
		c["input_axes"], c["output_axes"] = i.axes.input, i.axes.output
	}
	if i.class == "VarianceScaling" {
		c["scale"], c["mode"], c["distribution"] = i.scale, i.mode, i.distribution
	}
	return c
}

// readScaling reads a class; the parameters are those of its name.
func readScaling(named scaling) func(*Settings) Initializer {
	return func(s *Settings) Initializer {
		i := named
		if i.class == "VarianceScaling" {
			i = VarianceScaling(s.Float("scale", 1), s.String("mode", FanIn),
				s.String("distribution", "truncated_normal")).(scaling)
		}
		input, output := s.Ints("input_axes"), s.Ints("output_axes")
		switch {
		case input != nil && output != nil:
			i.axes = &fanAxes{input, output}
		case input != nil || output != nil:
			s.Fail("input_axes and output_axes want to be given together, got %v and %v", input, output)
		}
		return i
	}
}

func init() {
	general := VarianceScaling(1, FanIn, "truncated_normal")
	for _, i := range []Initializer{GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, general} {
		RegisterInitializer(i.Class(), readScaling(i.(scaling)))
	}
}
