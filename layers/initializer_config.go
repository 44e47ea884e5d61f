package layers

import (
	"math"
	"math/rand/v2"
)

// InitializerConfig is how a layer's Config holds an initializer, as Keras'
// serialize does. [Settings.Initializer] reads it.
func InitializerConfig(i Initializer) map[string]any {
	return savedObject("keras.initializers", i.Class(), i.Config())
}

// Config returns Keras' configuration.
func (i initializer) Config() map[string]any {
	switch i.class {
	case "RandomUniform":
		return map[string]any{"minval": i.a, "maxval": i.b, "seed": nil}
	case "RandomNormal", "TruncatedNormal":
		return map[string]any{"mean": i.a, "stddev": i.b, "seed": nil}
	case "Constant":
		return map[string]any{"value": i.a}
	}
	return map[string]any{}
}

// seeded is an initializer with a seed of its own.
type seeded struct {
	Initializer
	seed int64
}

// Seeded draws from a seed of its own instead of the model's: every variable
// of one shape then starts with the same values.
func Seeded(i Initializer, seed int64) Initializer { return seeded{i, seed} }

// Config is the initializer's with the seed.
func (i seeded) Config() map[string]any {
	c := i.Initializer.Config()
	c["seed"] = i.seed
	return c
}

// Draw draws from the seed.
func (i seeded) Draw(shape Shape, _ *rand.Rand) []float32 {
	return i.Initializer.Draw(shape, rand.New(rand.NewPCG(uint64(i.seed), 0)))
}

func (i seeded) check() error { return CheckInitializer(i.Initializer) }

// CheckShape is the initializer's.
func (i seeded) CheckShape(s Shape) error { return checkShapeOf(i.Initializer, s) }

// Initializer reads an initializer, by name or as an object. A seed that is a
// number is kept. Keras' seed generators, whose numbers depend on what was drawn
// before, are dropped: the model's own seed counts.
func (s *Settings) Initializer(key string, otherwise Initializer) Initializer {
	v := s.Take(key)
	if v == nil {
		return otherwise
	}
	i, err := initializerClasses.load(v, "seed", "dtype")
	if err == nil {
		_, config, _ := savedClass(v)
		if _, ours := i.(interface{ check() error }); ours {
			if seed, ok := config["seed"].(float64); ok && seed == math.Trunc(seed) {
				i = Seeded(i, int64(seed))
			}
		}
		err = CheckInitializer(i)
	}
	if err != nil {
		s.Fail("%s: %w", key, err)
		return otherwise
	}
	return i
}

func init() {
	for _, names := range [][]string{{"Zeros", "zero"}, {"Ones", "one"}} {
		for _, name := range names {
			RegisterInitializer(name, func(*Settings) Initializer { return initializer{class: names[0]} })
		}
	}
	for class, read := range map[string]func(*Settings) Initializer{
		"RandomUniform": func(s *Settings) Initializer {
			return RandomUniform(s.Float("minval", -0.05), s.Float("maxval", 0.05))
		},
		"RandomNormal": func(s *Settings) Initializer {
			return RandomNormal(s.Float("mean", 0), s.Float("stddev", 0.05))
		},
		"TruncatedNormal": func(s *Settings) Initializer {
			return TruncatedNormal(s.Float("mean", 0), s.Float("stddev", 0.05))
		},
		"Constant":   func(s *Settings) Initializer { return Constant(s.Float("value", 0)) },
		"Orthogonal": func(s *Settings) Initializer { return Orthogonal(s.Float("gain", 1)) },
		"Identity":   func(s *Settings) Initializer { return Identity(s.Float("gain", 1)) },
		"STFT":       readSTFT,
	} {
		RegisterInitializer(class, read)
		for _, alias := range initializerAliases[class] {
			RegisterInitializer(alias, read)
		}
	}
}

// initializerAliases are further names by which Keras reads a class.
var initializerAliases = map[string][]string{
	"RandomUniform": {"uniform"}, "RandomNormal": {"normal"}, "Orthogonal": {"OrthogonalInitializer"},
	"Identity": {"IdentityInitializer"}, "STFT": {"STFTInitializer"},
}
