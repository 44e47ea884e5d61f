package transfer

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// MobileNetV2 builds the network of Sandler et al., "MobileNetV2: Inverted
// Residuals and Linear Bottlenecks" (arXiv:1801.04381): 2,257,984 parameters
// without top. Images are at least 32x32. Setting: Alpha. Weights of ImageNet
// exist for Alpha 0.35, 0.5, 0.75, 1, 1.3 and 1.4, each for images of 96, 128,
// 160, 192 and 224 pixels; other images take those of 224. Taps: block_2_add,
// block_5_add, block_9_add, block_12_add, block_15_add, out_relu.
// (keras/src/applications/mobilenet_v2.py)
func MobileNetV2(ctx context.Context, c Config) (*Backbone, error) { return mobileNetV2.build(ctx, c) }

var mobileNetV2 = &network{
	title: "MobileNetV2",
	nameOf: func(c Config) string {
		return fmt.Sprintf("mobilenetv2_%.2f_%d", c.Alpha, namedSize(c, mobileNetV2Sizes))
	},
	defaultSize: 224, minSize: 32, sizes: mobileNetV2Sizes,
	takes:       settings{alpha: true},
	body:        mobileNetV2Body,
	top:         mobileNetV2Top,
	preprocess:  tfPreprocessing,
	weights:     mobileNetV2File,
	unpublished: mobileNetV2Unpublished,
	variants:    widthsAndSizes(mobileNetV2Alphas, mobileNetV2Sizes),
}

// The widths, and the sides of images, for which there are weights.
var (
	mobileNetV2Alphas = []float64{0.35, 0.5, 0.75, 1, 1.3, 1.4}
	mobileNetV2Sizes  = []int{96, 128, 160, 192, 224}
)

// mobileNetV2Stages lists the maps of each stage, how many blocks it has, and
// the stride of its first block.
var mobileNetV2Stages = []struct{ filters, blocks, stride int }{
	{16, 1, 1}, {24, 2, 2}, {32, 3, 2}, {64, 4, 2}, {96, 3, 1}, {160, 3, 2}, {320, 1, 1},
}

func mobileNetV2Body(x layers.Symbol, c Config) layers.Symbol {
	x = layers.Conv2D(divisible(32*c.Alpha, 8), 3).Strides(2).Padding(layers.Same).WithoutBias().Named("Conv1").Apply(x)
	x = layers.BatchNormalization().Momentum(0.999).Named("bn_Conv1").Apply(x)
	x = layers.ReLU().MaxValue(6).Named("Conv1_relu").Apply(x)
	number := 0
	for _, s := range mobileNetV2Stages {
		for i := range s.blocks {
			stride := 1
			if i == 0 {
				stride = s.stride
			}
			x = invertedResidual(x, number, divisible(float64(int(float64(s.filters)*c.Alpha)), 8), stride)
			number++
		}
	}
	last := 1280
	if c.Alpha > 1 {
		last = divisible(1280*c.Alpha, 8)
	}
	x = layers.Conv2D(last, 1).WithoutBias().Named("Conv_1").Apply(x)
	x = layers.BatchNormalization().Momentum(0.999).Named("Conv_1_bn").Apply(x)
	return layers.ReLU().MaxValue(6).Named("out_relu").Apply(x)
}

// invertedResidual widens the maps by 6, looks at 3x3 pixels of each, and
// narrows them again (Keras' _inverted_res_block). The first one does not
// widen.
func invertedResidual(in layers.Symbol, number, filters, stride int) layers.Symbol {
	x, prefix := in, "expanded_conv_"
	if number > 0 {
		prefix = fmt.Sprintf("block_%d_", number)
		x = layers.Conv2D(6*channels(in), 1).Padding(layers.Same).WithoutBias().Named(prefix + "expand").Apply(x)
		x = mobileNetV2Norm(x, prefix+"expand")
		x = layers.ReLU().MaxValue(6).Named(prefix + "expand_relu").Apply(x)
	}
	x = stridedDepthwise(x, 3, stride, prefix, "pad")
	x = mobileNetV2Norm(x, prefix+"depthwise")
	x = layers.ReLU().MaxValue(6).Named(prefix + "depthwise_relu").Apply(x)
	x = layers.Conv2D(filters, 1).Padding(layers.Same).WithoutBias().Named(prefix + "project").Apply(x)
	x = mobileNetV2Norm(x, prefix+"project")
	if stride == 1 && channels(in) == filters {
		return layers.Add().Named(prefix+"add").Apply(in, x)
	}
	return x
}

func mobileNetV2Norm(x layers.Symbol, name string) layers.Symbol {
	return layers.BatchNormalization().Momentum(0.999).Named(name + "_BN").Apply(x)
}

// stridedDepthwise is a depthwise convolution of MobileNetV2 and V3, with a
// padding of its own where it halves the image.
func stridedDepthwise(x layers.Symbol, kernel, stride int, prefix, pad string) layers.Symbol {
	depthwise := layers.DepthwiseConv2D(kernel).Strides(stride).WithoutBias().Named(prefix + "depthwise")
	if stride == 2 {
		x = layers.ZeroPadding2D(correctPad(x, kernel)...).Named(prefix + pad).Apply(x)
	} else {
		depthwise = depthwise.Padding(layers.Same)
	}
	return depthwise.Apply(x)
}

// correctPad is Keras' imagenet_utils.correct_pad: the zeros above, below, left
// and right that a convolution with stride 2 wants.
func correctPad(x layers.Symbol, kernel int) []int {
	shape := x.Tensor().Shape()
	if len(shape) != 3 {
		return []int{0} // a layer before refused its input; the model says why
	}
	after := kernel / 2
	return []int{after - (1 - shape[0]%2), after, after - (1 - shape[1]%2), after}
}

// divisible is Keras' _make_divisible: the number of maps nearest to v that the
// divisor divides, and that is not below 90 % of v.
func divisible(v float64, divisor int) int {
	n := max(divisor, int(v+float64(divisor)/2)/divisor*divisor)
	if float64(n) < 0.9*v {
		n += divisor
	}
	return n
}

func mobileNetV2Top(x layers.Symbol, c Config) layers.Symbol {
	return predictions(layers.GlobalAveragePooling2D().Apply(x), c)
}

func mobileNetV2File(c Config) officialFile {
	alpha := strconv.FormatFloat(c.Alpha, 'f', -1, 64)
	if !strings.Contains(alpha, ".") {
		alpha += ".0"
	}
	name := fmt.Sprintf("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_%s_%d", alpha,
		trainedSize(c.networkShape(), mobileNetV2Sizes, 224))
	if !c.IncludeTop {
		name += "_no_top"
	}
	name += ".h5"
	return officialFile{name: name, url: weightsURL + "mobilenet_v2/" + name}
}

func mobileNetV2Unpublished(c Config) error {
	for _, alpha := range mobileNetV2Alphas {
		if c.Alpha == alpha {
			return nil
		}
	}
	return fmt.Errorf("if imagenet weights are being loaded, Alpha must be one of 0.35, 0.5, 0.75, 1, 1.3 or 1.4, got %g",
		c.Alpha)
}
