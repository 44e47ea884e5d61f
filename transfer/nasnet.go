package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// NASNetMobile builds the mobile network of Zoph et al., "Learning Transferable
// Architectures for Scalable Image Recognition" (arXiv:1707.07012): 4,269,716
// parameters without top. Images are at least 32x32. Taps: normal_concat_3,
// normal_concat_8, normal_concat_12. (keras/src/applications/nasnet.py)
func NASNetMobile(ctx context.Context, c Config) (*Backbone, error) {
	return nasNetMobile.build(ctx, c)
}

// NASNetLarge builds the large network of the same paper: 84,916,818 parameters
// without top. Taps: normal_concat_5, normal_concat_12, normal_concat_18.
// (keras/src/applications/nasnet.py)
func NASNetLarge(ctx context.Context, c Config) (*Backbone, error) { return nasNetLarge.build(ctx, c) }

var nasNetMobile = &network{
	name: "nasnet_mobile", title: "NASNetMobile", defaultSize: 224, minSize: 32,
	body:       nasNet{filters: 44, cells: 4, stem: 32}.apply,
	top:        nasNetTop,
	preprocess: tfPreprocessing,
	weights: nasNetFile("mobile",
		"020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"),
}

var nasNetLarge = &network{
	name: "nasnet_large", title: "NASNetLarge", defaultSize: 331, minSize: 32,
	body:       nasNet{filters: 168, cells: 6, stem: 96, skipReduction: true}.apply,
	top:        nasNetTop,
	preprocess: tfPreprocessing,
	weights: nasNetFile("large",
		"11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"),
}

// nasNet has three stacks of normal cells with a reduction before each. A cell
// reads the results of the two cells before it.
type nasNet struct {
	filters, cells, stem int
	// skipReduction has the cell after a reduction read, beside the
	// reduction's result, what the reduction's previous cell gave.
	skipReduction bool
}

func (n nasNet) apply(x layers.Symbol, _ Config) layers.Symbol {
	x = layers.Conv2D(n.stem, 3).Strides(2).WithoutBias().KernelInitializer(layers.HeNormal).
		Named("stem_conv1").Apply(x)
	x = nasNetNorm(x, "stem_bn1")
	var before layers.Symbol
	x, before = nasNetReduction(x, before, n.filters/4, "stem_1")
	x, before = nasNetReduction(x, before, n.filters/2, "stem_2")
	filters := n.filters
	for stack := range 3 {
		if stack > 0 {
			filters *= 2
			reduced, previous := nasNetReduction(x, before, filters, fmt.Sprintf("reduce_%d", stack*n.cells))
			if !n.skipReduction {
				before = previous
			}
			x = reduced
		}
		for i := range n.cells {
			number := stack*n.cells + i
			if stack > 0 {
				number++ // the first stack's count from 0, all others' from 1 after the reduction
			}
			x, before = nasNetNormal(x, before, filters, fmt.Sprint(number))
		}
	}
	return layers.Activation(layers.Relu).Apply(x)
}

// nasNetNormal keeps the size (Keras' _normal_a_cell). It returns its result
// and its input, which the next cell reads.
func nasNetNormal(in, before layers.Symbol, filters int, id string) (out, previous layers.Symbol) {
	p := nasNetAdjust(before, in, filters, id)
	h := nasNetSqueeze(in, filters, "normal", id)
	sum := func(i int, a, b layers.Symbol) layers.Symbol {
		return layers.Add().Named(fmt.Sprintf("normal_add_%d_%s", i, id)).Apply(a, b)
	}
	separable := func(x layers.Symbol, kernel int, place string) layers.Symbol {
		return nasNetSeparable(x, filters, kernel, 1, "normal_"+place+"_"+id)
	}
	average := func(x layers.Symbol, place string) layers.Symbol {
		return layers.AveragePooling2D(3).Strides(1).Padding(layers.Same).Named("normal_" + place + "_" + id).Apply(x)
	}
	x1 := separable(h, 5, "left1")
	x1 = sum(1, x1, separable(p, 3, "right1"))
	x2 := separable(p, 5, "left2")
	x2 = sum(2, x2, separable(p, 3, "right2"))
	x3 := sum(3, average(h, "left3"), p)
	x4 := average(p, "left4")
	x4 = sum(4, x4, average(p, "right4"))
	x5 := sum(5, separable(h, 3, "left5"), h)
	return layers.Concatenate().Named("normal_concat_"+id).Apply(p, x1, x2, x3, x4, x5), in
}

// nasNetReduction halves the image (Keras' _reduction_a_cell).
func nasNetReduction(in, before layers.Symbol, filters int, id string) (out, previous layers.Symbol) {
	p := nasNetAdjust(before, in, filters, id)
	h := nasNetSqueeze(in, filters, "reduction", id)
	h3 := layers.ZeroPadding2D(correctPad(h, 3)...).Named("reduction_pad_1_" + id).Apply(h)
	separable := func(x layers.Symbol, kernel, stride int, place string) layers.Symbol {
		return nasNetSeparable(x, filters, kernel, stride, "reduction_"+place+"_"+id)
	}
	sum := func(name string, a, b layers.Symbol) layers.Symbol {
		return layers.Add().Named("reduction_"+name+"_"+id).Apply(a, b)
	}
	x1 := separable(h, 5, 2, "left1")
	x1 = sum("add_1", x1, separable(p, 7, 2, "right1"))
	x2 := layers.Symbol(layers.MaxPooling2D(3).Strides(2).Named("reduction_left2_" + id).Apply(h3))
	x2 = sum("add_2", x2, separable(p, 7, 2, "right2"))
	x3 := layers.Symbol(layers.AveragePooling2D(3).Strides(2).Named("reduction_left3_" + id).Apply(h3))
	x3 = sum("add3", x3, separable(p, 5, 2, "right3"))
	x4 := layers.AveragePooling2D(3).Strides(1).Padding(layers.Same).Named("reduction_left4_" + id).Apply(x1)
	x4 = layers.Add().Apply(x2, x4)
	x5 := separable(x1, 3, 1, "left4")
	x5 = sum("add4", x5, layers.MaxPooling2D(3).Strides(2).Named("reduction_right5_"+id).Apply(h3))
	return layers.Concatenate().Named("reduction_concat_"+id).Apply(x2, x3, x4, x5), in
}

// nasNetSqueeze is ReLU, a 1x1 convolution and batch normalization.
func nasNetSqueeze(x layers.Symbol, filters int, cell, id string) layers.Symbol {
	x = layers.Activation(layers.Relu).Apply(x)
	return nasNetNorm(nasNetConv1(x, filters, cell+"_conv_1_"+id), cell+"_bn_1_"+id)
}

// nasNetAdjust gives the result p of an earlier cell the size and the channels
// of a cell's input (Keras' _adjust_block).
func nasNetAdjust(p, in layers.Symbol, filters int, id string) layers.Symbol {
	switch {
	case p == nil:
		return in
	case width(p) != width(in):
		return nasNetShrink(p, filters, id)
	case channels(p) != filters:
		p = layers.Activation(layers.Relu).Apply(p)
		return nasNetNorm(nasNetConv1(p, filters, "adjust_conv_projection_"+id), "adjust_bn_"+id)
	}
	return p
}

// nasNetShrink halves the image: one half of the channels sees the even pixels,
// the other one the odd ones.
func nasNetShrink(p layers.Symbol, filters int, id string) layers.Symbol {
	every2nd := func(x layers.Symbol, number string) layers.Symbol {
		x = layers.AveragePooling2D(1).Strides(2).Named("adjust_avg_pool_" + number + "_" + id).Apply(x)
		return nasNetConv1(x, filters/2, "adjust_conv_"+number+"_"+id)
	}
	p = layers.Activation(layers.Relu).Named("adjust_relu_1_" + id).Apply(p)
	even := every2nd(p, "1")
	odd := layers.Symbol(layers.ZeroPadding2D(0, 1, 0, 1).Apply(p))
	odd = every2nd(layers.Cropping2D(1, 0, 1, 0).Apply(odd), "2")
	return nasNetNorm(layers.Concatenate().Apply(even, odd), "adjust_bn_"+id)
}

// nasNetSeparable is two separable convolutions, each after ReLU (Keras'
// _separable_conv_block).
func nasNetSeparable(x layers.Symbol, filters, kernel, stride int, id string) layers.Symbol {
	x = layers.Activation(layers.Relu).Apply(x)
	first := layers.SeparableConv2D(filters, kernel).Strides(stride).WithoutBias().Named("separable_conv_1_" + id)
	if stride == 2 {
		x = layers.ZeroPadding2D(correctPad(x, kernel)...).Named("separable_conv_1_pad_" + id).Apply(x)
	} else {
		first = first.Padding(layers.Same)
	}
	x = nasNetNorm(first.Apply(x), "separable_conv_1_bn_"+id)
	x = layers.Activation(layers.Relu).Apply(x)
	x = layers.SeparableConv2D(filters, kernel).Padding(layers.Same).WithoutBias().Named("separable_conv_2_" + id).Apply(x)
	return nasNetNorm(x, "separable_conv_2_bn_"+id)
}

func nasNetConv1(x layers.Symbol, filters int, name string) layers.Symbol {
	return layers.Conv2D(filters, 1).Padding(layers.Same).WithoutBias().KernelInitializer(layers.HeNormal).
		Named(name).Apply(x)
}

func nasNetNorm(x layers.Symbol, name string) layers.Symbol {
	return layers.BatchNormalization().Momentum(0.9997).Named(name).Apply(x)
}

// width is that of an image.
func width(x layers.Symbol) int {
	shape := x.Tensor().Shape()
	if len(shape) != 3 {
		return 0 // a layer before refused its input; the model says why
	}
	return shape[1]
}

func nasNetTop(x layers.Symbol, c Config) layers.Symbol {
	return predictions(layers.GlobalAveragePooling2D().Apply(x), c)
}

// nasNetFile is named otherwise on the disk than on the server.
func nasNetFile(size, topMD5, noTopMD5 string) func(Config) officialFile {
	return func(c Config) officialFile {
		if c.IncludeTop {
			return officialFile{"nasnet_" + size + ".h5", weightsURL + "nasnet/NASNet-" + size + ".h5", topMD5}
		}
		return officialFile{"nasnet_" + size + "_no_top.h5", weightsURL + "nasnet/NASNet-" + size + "-no-top.h5", noTopMD5}
	}
}
