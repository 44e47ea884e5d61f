package layers

// config is Keras' serialized form of the initializer.
func (i Initializer) config() map[string]any {
	c := map[string]any{}
	switch i.Kind {
	case "RandomUniform":
		c["minval"], c["maxval"], c["seed"] = i.A, i.B, nil
	case "RandomNormal", "TruncatedNormal":
		c["mean"], c["stddev"], c["seed"] = i.A, i.B, nil
	case "Constant":
		c["value"] = i.A
	case "Zeros", "Ones":
	default:
		c["seed"], c["input_axes"], c["output_axes"] = nil, nil, nil
	}
	return map[string]any{"module": "keras.initializers", "class_name": i.Kind, "config": c, "registered_name": nil}
}

// initializer reads an initializer, by name or as an object. Seeds are dropped:
// the model's own seed counts.
func (r *configReader) initializer(key string, otherwise Initializer) Initializer {
	var i Initializer
	switch v := r.take(key).(type) {
	case nil:
		return otherwise
	case string:
		i = initializerOf(v, &configReader{})
	case map[string]any:
		class, _ := v["class_name"].(string)
		config, _ := v["config"].(map[string]any)
		inner := newConfigReader(config)
		inner.ignore("seed", "input_axes", "output_axes")
		inner.only("dtype", "float32")
		i = initializerOf(class, inner)
		if err := inner.finish(); err != nil {
			r.fail("%s %s: %w", key, class, err)
		}
	default:
		r.fail("%s wants an initializer, got %v", key, v)
		return otherwise
	}
	if err := i.Check(); err != nil {
		r.fail("%s: %w", key, err)
	}
	return i
}

// initializerOf reads the parameters of a class, named as in Keras 3 or, like
// functions, in snake case.
func initializerOf(class string, r *configReader) Initializer {
	switch class {
	case "RandomUniform", "random_uniform", "uniform":
		return RandomUniform(r.float("minval", -0.05), r.float("maxval", 0.05))
	case "RandomNormal", "random_normal", "normal":
		return RandomNormal(r.float("mean", 0), r.float("stddev", 0.05))
	case "TruncatedNormal", "truncated_normal":
		return TruncatedNormal(r.float("mean", 0), r.float("stddev", 0.05))
	case "Constant", "constant":
		return Constant(r.float("value", 0))
	case "VarianceScaling":
		return varianceScaling(r)
	}
	for _, i := range []Initializer{GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Zeros, Ones} {
		if class == i.Kind || class == SnakeCase(i.Kind) {
			return i
		}
	}
	return Initializer{Kind: class}
}

// varianceScaling reads the general form in which older Keras wrote the named
// initializers.
func varianceScaling(r *configReader) Initializer {
	scale, mode, distribution := r.float("scale", 1), r.string("mode", "fan_in"), r.string("distribution", "truncated_normal")
	uniform := distribution == "uniform"
	if !uniform && distribution != "truncated_normal" && distribution != "normal" {
		r.fail("distribution %q is not supported", distribution)
	}
	kinds := map[string][2]Initializer{
		"fan_avg 1": {GlorotNormal, GlorotUniform}, "fan_in 2": {HeNormal, HeUniform}, "fan_in 1": {LecunNormal, LecunUniform},
	}
	key := mode
	switch scale {
	case 1:
		key += " 1"
	case 2:
		key += " 2"
	}
	kind, ok := kinds[key]
	if !ok {
		r.fail("scale %g with mode %q is not supported", scale, mode)
	}
	if uniform {
		return kind[1]
	}
	return kind[0]
}
