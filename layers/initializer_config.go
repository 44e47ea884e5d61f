package layers

// config is Keras' serialised form of the initialiser.
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
