package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// Xception builds the network of Chollet, "Xception: Deep Learning with
// Depthwise Separable Convolutions" (arXiv:1610.02357): 20,861,480 parameters
// without top. Images are at least 71x71: see Config.Resize for smaller ones.
// Taps: block2_pool, block3_pool, block4_pool, block13_pool, block14_sepconv2_act.
// (keras/src/applications/xception.py)
func Xception(ctx context.Context, c Config) (*Backbone, error) { return xception.build(ctx, c) }

var xception = &network{
	name: "xception", title: "Xception", defaultSize: 299, minSize: 71,
	body:       xceptionBody,
	top:        averageTop,
	preprocess: tfPreprocessing,
	weights:    kernels("xception/", "xception", "0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"),
}

func xceptionBody(x layers.Symbol, _ Config) layers.Symbol {
	x = layers.Conv2D(32, 3).Strides(2).WithoutBias().Named("block1_conv1").Apply(x)
	x = xceptionRelu(xceptionNorm(x, "block1_conv1"), "block1_conv1")
	x = layers.Conv2D(64, 3).WithoutBias().Named("block1_conv2").Apply(x)
	x = xceptionRelu(xceptionNorm(x, "block1_conv2"), "block1_conv2")

	x = xceptionHalf(x, 2, 128, 128)
	x = xceptionHalf(x, 3, 256, 256)
	x = xceptionHalf(x, 4, 728, 728)
	for block := 5; block <= 12; block++ {
		x = xceptionMiddle(x, block)
	}
	x = xceptionHalf(x, 13, 728, 1024)

	for i, filters := range []int{1536, 2048} {
		name := fmt.Sprintf("block14_sepconv%d", i+1)
		x = xceptionRelu(xceptionSeparable(x, name, filters), name)
	}
	return x
}

// xceptionHalf halves the image in two separable convolutions and a pooling;
// its shortcut is a convolution. Block 2 has no ReLU before the first one.
func xceptionHalf(x layers.Symbol, block, first, second int) layers.Symbol {
	name := fmt.Sprintf("block%d", block)
	shortcut := layers.Symbol(layers.Conv2D(second, 1).Strides(2).Padding(layers.Same).WithoutBias().Apply(x))
	shortcut = layers.BatchNormalization().Apply(shortcut)
	if block > 2 {
		x = xceptionRelu(x, name+"_sepconv1")
	}
	x = xceptionSeparable(x, name+"_sepconv1", first)
	x = xceptionRelu(x, name+"_sepconv2")
	x = xceptionSeparable(x, name+"_sepconv2", second)
	x = layers.MaxPooling2D(3).Strides(2).Padding(layers.Same).Named(name + "_pool").Apply(x)
	return layers.Add().Apply(x, shortcut)
}

// xceptionMiddle keeps the size: three separable convolutions beside the input.
func xceptionMiddle(x layers.Symbol, block int) layers.Symbol {
	y := x
	for i := 1; i <= 3; i++ {
		name := fmt.Sprintf("block%d_sepconv%d", block, i)
		y = xceptionSeparable(xceptionRelu(y, name), name, 728)
	}
	return layers.Add().Apply(y, x)
}

func xceptionSeparable(x layers.Symbol, name string, filters int) layers.Symbol {
	x = layers.SeparableConv2D(filters, 3).Padding(layers.Same).WithoutBias().Named(name).Apply(x)
	return xceptionNorm(x, name)
}

func xceptionNorm(x layers.Symbol, name string) layers.Symbol {
	return layers.BatchNormalization().Named(name + "_bn").Apply(x)
}

func xceptionRelu(x layers.Symbol, name string) layers.Symbol {
	return layers.Activation(layers.Relu).Named(name + "_act").Apply(x)
}
