package transfer

import "github.com/gocifar/gocifar/layers"

// mobileBlock is the inverted residual block of EfficientNet and
// EfficientNetV2: it widens the maps, looks at some pixels of each, weighs the
// maps, and narrows them again.
type mobileBlock struct {
	prefix    string
	depthwise string // the name of the depthwise convolution
	filters   int
	kernel    int
	expansion int
	stride    int
	squeezes  bool // has squeeze and excitation
	// ownPadding puts zeros around the image where the stride is 2, in a layer
	// of its own: EfficientNet's first version does.
	ownPadding bool
	// fused puts one convolution into the place of the widening and the
	// depthwise one.
	fused bool
	// momentum is batch normalization's.
	momentum float64
	// dropout is the rate at which the block is left out for an example while
	// training.
	dropout float64
}

func (b mobileBlock) apply(in layers.Symbol) layers.Symbol {
	narrow := channels(in)
	var x layers.Symbol
	if b.fused {
		x = b.fusedBody(in, narrow)
	} else {
		x = b.body(in, narrow)
	}
	if b.stride != 1 || narrow != b.filters {
		return x
	}
	if b.dropout > 0 {
		x = layers.Dropout(b.dropout).NoiseShape(0, 1, 1, 1).Named(b.prefix + "drop").Apply(x)
	}
	return layers.Add().Named(b.prefix+"add").Apply(x, in)
}

func (b mobileBlock) body(x layers.Symbol, narrow int) layers.Symbol {
	if b.expansion != 1 {
		x = b.conv(x, narrow*b.expansion, 1, 1, "expand_conv")
		x = efficientActivation(b.norm(x, "expand_bn"), b.prefix+"expand_")
	}
	depthwise := layers.DepthwiseConv2D(b.kernel).Strides(b.stride).WithoutBias().
		KernelInitializer(efficientConvInitializer).Named(b.prefix + b.depthwise)
	if b.ownPadding && b.stride == 2 {
		x = layers.ZeroPadding2D(correctPad(x, b.kernel)...).Named(b.prefix + "dwconv_pad").Apply(x)
	} else {
		depthwise = depthwise.Padding(layers.Same)
	}
	x = efficientActivation(b.norm(depthwise.Apply(x), "bn"), b.prefix)
	x = b.squeeze(x, narrow)
	return b.norm(b.conv(x, b.filters, 1, 1, "project_conv"), "project_bn")
}

func (b mobileBlock) fusedBody(x layers.Symbol, narrow int) layers.Symbol {
	if b.expansion == 1 {
		x = b.norm(b.conv(x, b.filters, b.kernel, b.stride, "project_conv"), "project_bn")
		return efficientActivation(x, b.prefix+"project_")
	}
	x = b.conv(x, narrow*b.expansion, b.kernel, b.stride, "expand_conv")
	x = efficientActivation(b.norm(x, "expand_bn"), b.prefix+"expand_")
	return b.norm(b.conv(x, b.filters, 1, 1, "project_conv"), "project_bn")
}

func (b mobileBlock) conv(x layers.Symbol, filters, kernel, stride int, name string) layers.Symbol {
	return layers.Conv2D(filters, kernel).Strides(stride).Padding(layers.Same).WithoutBias().
		KernelInitializer(efficientConvInitializer).Named(b.prefix + name).Apply(x)
}

func (b mobileBlock) norm(x layers.Symbol, name string) layers.Symbol {
	return layers.BatchNormalization().Momentum(b.momentum).Named(b.prefix + name).Apply(x)
}

// squeeze weighs each map by what the means of all maps say of it.
func (b mobileBlock) squeeze(x layers.Symbol, narrow int) layers.Symbol {
	if !b.squeezes {
		return x
	}
	wide := channels(x)
	conv := func(x layers.Symbol, filters int, f layers.ActivationFunc, name string) layers.Symbol {
		return layers.Conv2D(filters, 1).Padding(layers.Same).Activation(f).KernelInitializer(efficientConvInitializer).
			Named(b.prefix + name).Apply(x)
	}
	se := layers.Symbol(layers.GlobalAveragePooling2D().Named(b.prefix + "se_squeeze").Apply(x))
	se = layers.Reshape(1, 1, wide).Named(b.prefix + "se_reshape").Apply(se)
	se = conv(se, max(1, narrow/4), layers.Swish, "se_reduce")
	se = conv(se, wide, layers.Sigmoid, "se_expand")
	return layers.Multiply().Named(b.prefix+"se_excite").Apply(x, se)
}
