package layers

import (
	"fmt"
	"strings"
)

// FromConfig makes a layer from its Keras class name and configuration, as
// Keras' from_config does, from files of Keras 3 and of older ones:
// FromConfig("Dense", map[string]any{"units": 10, "activation": "softmax"}).
// Absent settings take Keras' defaults. An unknown class, a setting that is not
// supported, or a value of the wrong type is an error that names the layer.
// Sequential and Functional models come from [ModelFromConfig].
func FromConfig(className string, config map[string]any) (Layer, error) {
	name, _ := config["name"].(string)
	fail := func(err error) (Layer, error) {
		return nil, fmt.Errorf("layers: configuration of layer %q (%s): %w", name, className, err)
	}
	read, err := layerClasses.find(className)
	if err != nil {
		return fail(err)
	}
	s := newSettings(config)
	s.Ignore("name")
	trainable := s.Bool("trainable", true)
	policy := s.dtype()
	activity := s.Regularizer("activity_regularizer")
	if className != "InputLayer" {
		s.Ignore("batch_input_shape", "batch_shape") // of a first layer; models read it themselves
	}
	l := read(s)
	if err := s.finish(); err != nil {
		return fail(err)
	}
	if err := l.core().err; err != nil {
		return fail(err)
	}
	if name != "" {
		if strings.ContainsAny(name, "/\x00") {
			return fail(fmt.Errorf("the name must not contain '/'"))
		}
		l.core().name = name
	}
	l.SetTrainable(trainable)
	l.core().policy = policy
	if activity != nil {
		l.core().activity = activity
	}
	return l, nil
}

func init() {
	for class, read := range map[string]func(*Settings) Layer{
		"InputLayer":  readInput,
		"Dense":       readDense,
		"LeakyReLU":   readLeakyReLU,
		"ReLU":        readReLU,
		"Softmax":     readSoftmax,
		"Activation":  func(s *Settings) Layer { return Activation(s.Activation("activation", "")) },
		"Concatenate": func(s *Settings) Layer { return Concatenate().Axis(s.Int("axis", -1)) },
		"Rescaling":   readRescaling,
	} {
		RegisterLayer(class, read)
	}
}

func channelsLast(s *Settings) { s.Only("data_format", "channels_last") }

func readInput(s *Settings) Layer {
	s.Ignore("sparse", "ragged", "optional")
	shape, ok := s.batchShape("batch_shape", "batch_input_shape")
	if !ok {
		s.Fail("wants batch_shape")
	}
	return Input(shape...)
}

func readDense(s *Settings) Layer {
	l := Dense(s.Int("units", 0))
	l.shared.read(s, &l.state)
	return l
}

func readLeakyReLU(s *Settings) Layer {
	alpha := s.Float("alpha", 0.3) // Keras 2's name
	return LeakyReLU(s.Float("negative_slope", alpha))
}

func readReLU(s *Settings) Layer {
	l := ReLU().NegativeSlope(s.Float("negative_slope", 0)).Threshold(s.Float("threshold", 0))
	if limit := s.Float("max_value", -1); limit != -1 {
		l.MaxValue(limit)
	}
	return l
}

func readSoftmax(s *Settings) Layer { return NewSoftmax().Axis(s.Ints("axis", -1)...) }
