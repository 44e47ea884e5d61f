package layers

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
	case "Zeros", "Ones":
		return map[string]any{}
	}
	return map[string]any{"seed": nil, "input_axes": nil, "output_axes": nil}
}

func init() {
	for _, i := range []Initializer{GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal,
		Zeros, Ones} {
		RegisterInitializer(i.Class(), func(*Settings) Initializer { return i })
	}
	uniform := func(s *Settings) Initializer {
		return RandomUniform(s.Float("minval", -0.05), s.Float("maxval", 0.05))
	}
	normal := func(s *Settings) Initializer { return RandomNormal(s.Float("mean", 0), s.Float("stddev", 0.05)) }
	RegisterInitializer("RandomUniform", uniform)
	RegisterInitializer("uniform", uniform)
	RegisterInitializer("RandomNormal", normal)
	RegisterInitializer("normal", normal)
	RegisterInitializer("TruncatedNormal", func(s *Settings) Initializer {
		return TruncatedNormal(s.Float("mean", 0), s.Float("stddev", 0.05))
	})
	RegisterInitializer("Constant", func(s *Settings) Initializer { return Constant(s.Float("value", 0)) })
	RegisterInitializer("VarianceScaling", varianceScaling)
}

// varianceScaling reads the general form in which older Keras wrote the named
// initializers.
func varianceScaling(s *Settings) Initializer {
	scale, mode := s.Float("scale", 1), s.String("mode", "fan_in")
	distribution := s.String("distribution", "truncated_normal")
	wanted := scaling{scale, mode == "fan_avg", distribution == "uniform"}
	for class, k := range scalings {
		known := (k.average || mode == "fan_in") &&
			(k.uniform || distribution == "truncated_normal" || distribution == "normal")
		if k == wanted && known {
			return initializer{class: class}
		}
	}
	s.Fail("scale %g with mode %q and distribution %q is not supported", scale, mode, distribution)
	return nil
}
