package layers

import (
	"fmt"
	"maps"
	"slices"
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
	read, ok := layerReaders[className]
	if !ok {
		return fail(fmt.Errorf("unknown class; known are %s", strings.Join(slices.Sorted(maps.Keys(layerReaders)), ", ")))
	}
	r := newConfigReader(config)
	r.ignore("name")
	trainable := r.bool("trainable", true)
	policy := r.dtype()
	r.only("activity_regularizer")
	if className != "InputLayer" {
		r.ignore("batch_input_shape", "batch_shape") // of a first layer; models read it themselves
	}
	l := read(r)
	if err := r.finish(); err != nil {
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
	return l, nil
}

// layerReaders makes each class from its settings.
var layerReaders = map[string]func(*configReader) Layer{
	"InputLayer":             readInput,
	"Conv2D":                 readConv2D,
	"Convolution2D":          readConv2D,
	"Dense":                  readDense,
	"BatchNormalization":     readBatchNormalization,
	"LeakyReLU":              readLeakyReLU,
	"ReLU":                   readReLU,
	"Softmax":                readSoftmax,
	"MaxPooling2D":           func(r *configReader) Layer { return readPooling2D(r, MaxPooling2D) },
	"AveragePooling2D":       func(r *configReader) Layer { return readPooling2D(r, AveragePooling2D) },
	"ZeroPadding2D":          readZeroPadding2D,
	"Resizing":               readResizing,
	"Activation":             func(r *configReader) Layer { return Activation(r.activation("activation", "")) },
	"Flatten":                func(r *configReader) Layer { r.channelsLast(); return Flatten() },
	"Add":                    func(*configReader) Layer { return Add() },
	"Concatenate":            func(r *configReader) Layer { return Concatenate().Axis(r.int("axis", -1)) },
	"Rescaling":              func(r *configReader) Layer { return Rescaling(r.float("scale", 1), r.float("offset", 0)) },
	"CaffePreprocessing":     func(*configReader) Layer { return CaffePreprocessing() },
	"GlobalMaxPooling2D":     func(r *configReader) Layer { r.channelsLast(); return GlobalMaxPooling2D() },
	"GlobalAveragePooling2D": func(r *configReader) Layer { r.channelsLast(); return GlobalAveragePooling2D() },
	"Dropout": func(r *configReader) Layer {
		r.ignore("seed")
		return Dropout(r.float("rate", -1))
	},
}

func (r *configReader) channelsLast() { r.only("data_format", "channels_last") }

func readInput(r *configReader) Layer {
	r.ignore("sparse", "ragged", "optional")
	shape, ok := r.batchShape("batch_shape", "batch_input_shape")
	if !ok {
		r.fail("wants batch_shape")
	}
	return Input(shape...)
}

func readConv2D(r *configReader) Layer {
	r.channelsLast()
	l := Conv2D(r.int("filters", 0), r.ints("kernel_size")...).
		Strides(r.pairOr("strides", 1)...).
		Dilation(r.pairOr("dilation_rate", 1)...).
		Groups(max(1, r.int("groups", 1))).
		Padding(r.padding())
	readKernelAndBias(r, &l.kernelAndBias)
	return l
}

func readDense(r *configReader) Layer {
	l := Dense(r.int("units", 0))
	readKernelAndBias(r, &l.kernelAndBias)
	return l
}

func readKernelAndBias[L Layer](r *configReader, l *kernelAndBias[L]) {
	l.Activation(r.activation("activation", Linear))
	l.KernelInitializer(r.initializer("kernel_initializer", GlorotUniform))
	l.BiasInitializer(r.initializer("bias_initializer", Zeros))
	l.useBias = r.bool("use_bias", true)
}

func readBatchNormalization(r *configReader) Layer {
	r.ignore("renorm_momentum")
	axis := r.pairOr("axis", -1) // older files write a list
	if len(axis) != 1 {
		r.fail("axis wants one number, got %v", axis)
		axis = []int{-1}
	}
	l := BatchNormalization().
		Axis(axis[0]).
		Momentum(r.float("momentum", 0.99)).
		Epsilon(r.float("epsilon", 1e-3)).
		Initializers(r.initializer("gamma_initializer", Ones), r.initializer("beta_initializer", Zeros),
			r.initializer("moving_mean_initializer", Zeros), r.initializer("moving_variance_initializer", Ones))
	if !r.bool("scale", true) {
		l.WithoutScale()
	}
	if !r.bool("center", true) {
		l.WithoutCenter()
	}
	return l
}

func readLeakyReLU(r *configReader) Layer {
	alpha := r.float("alpha", 0.3) // Keras 2's name
	return LeakyReLU(r.float("negative_slope", alpha))
}

func readReLU(r *configReader) Layer {
	l := ReLU().NegativeSlope(r.float("negative_slope", 0)).Threshold(r.float("threshold", 0))
	if limit := r.float("max_value", -1); limit != -1 {
		l.MaxValue(limit)
	}
	return l
}

func readSoftmax(r *configReader) Layer { return NewSoftmax().Axis(r.int("axis", -1)) }

func readPooling2D[L interface {
	Layer
	Padding(PaddingMode) L
	Strides(...int) L
}](r *configReader, pooling func(poolSize ...int) L) Layer {
	r.channelsLast()
	l := pooling(r.pairOr("pool_size", 2)...).Padding(r.padding())
	if strides := r.ints("strides"); strides != nil {
		l.Strides(strides...)
	}
	return l
}

// readZeroPadding2D reads one number, a pair, or a pair of pairs.
func readZeroPadding2D(r *configReader) Layer {
	r.channelsLast()
	sides, ok := r.settings["padding"].([]any)
	if !ok || len(sides) != 2 {
		return ZeroPadding2D(r.pairOr("padding", 1)...)
	}
	var all []int
	for _, side := range sides {
		switch v := side.(type) {
		case float64:
			all = append(all, r.wholeNumber("padding", v), r.wholeNumber("padding", v))
		case []any:
			all = append(all, r.intList("padding", v)...)
		}
	}
	if len(all) != 4 {
		r.fail("padding wants a pair of pairs, got %v", sides)
		all = nil
	}
	r.ignore("padding")
	return ZeroPadding2D(all...)
}

func readResizing(r *configReader) Layer {
	r.channelsLast()
	r.only("fill_mode", "constant")
	r.ignore("fill_value")
	return Resizing(r.int("height", 0), r.int("width", 0)).
		Interpolation(Interpolation(r.string("interpolation", string(Bilinear))))
}
