package transfer

import (
	"context"
	"fmt"
	"math"

	"github.com/gocifar/gocifar/layers"
)

// EfficientNetB0 builds the smallest network of Tan and Le, "EfficientNet:
// Rethinking Model Scaling for Convolutional Neural Networks"
// (arXiv:1905.11946): 4,049,571 parameters without top. Images are at least
// 32x32 and have pixels of 0 to 255. With the weights of ImageNet the network
// has a second Rescaling, as in Keras. Taps: block2a_expand_activation,
// block3a_expand_activation, block4a_expand_activation,
// block6a_expand_activation, top_activation.
// (keras/src/applications/efficientnet.py)
func EfficientNetB0(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB0.build(ctx, c)
}

// EfficientNetB1 builds the next larger network of the same paper, for images
// of 240x240: 6,575,239 parameters without top.
func EfficientNetB1(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB1.build(ctx, c)
}

// EfficientNetB2 is for images of 260x260: 7,768,569 parameters without top.
func EfficientNetB2(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB2.build(ctx, c)
}

// EfficientNetB3 is for images of 300x300: 10,783,535 parameters without top.
func EfficientNetB3(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB3.build(ctx, c)
}

// EfficientNetB4 is for images of 380x380: 17,673,823 parameters without top.
func EfficientNetB4(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB4.build(ctx, c)
}

// EfficientNetB5 is for images of 456x456: 28,513,527 parameters without top.
func EfficientNetB5(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB5.build(ctx, c)
}

// EfficientNetB6 is for images of 528x528: 40,960,143 parameters without top.
func EfficientNetB6(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB6.build(ctx, c)
}

// EfficientNetB7 is for images of 600x600: 64,097,687 parameters without top.
func EfficientNetB7(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetB7.build(ctx, c)
}

var (
	efficientNetB0 = newEfficientNet("b0", 224, efficientNet{1, 1, 0.2},
		"902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d")
	efficientNetB1 = newEfficientNet("b1", 240, efficientNet{1, 1.1, 0.2},
		"1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432")
	efficientNetB2 = newEfficientNet("b2", 260, efficientNet{1.1, 1.2, 0.3},
		"b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39")
	efficientNetB3 = newEfficientNet("b3", 300, efficientNet{1.2, 1.4, 0.3},
		"ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226")
	efficientNetB4 = newEfficientNet("b4", 380, efficientNet{1.4, 1.8, 0.4},
		"18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba")
	efficientNetB5 = newEfficientNet("b5", 456, efficientNet{1.6, 2.2, 0.4},
		"ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f")
	efficientNetB6 = newEfficientNet("b6", 528, efficientNet{1.8, 2.6, 0.5},
		"165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743")
	efficientNetB7 = newEfficientNet("b7", 600, efficientNet{2, 3.1, 0.5},
		"8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a")
)

func newEfficientNet(variant string, size int, e efficientNet, topMD5, noTopMD5 string) *network {
	name := "efficientnet" + variant
	return &network{
		name: name, title: "EfficientNet" + "B" + variant[1:], defaultSize: size, minSize: 32,
		body: e.body,
		top: func(x layers.Symbol, c Config) layers.Symbol {
			return efficientNetTop(x, c, e.dropout, layers.Zeros)
		},
		avgPool: "avg_pool", maxPool: "max_pool",
		weights: twoFiles("https://storage.googleapis.com/keras-applications/", name, topMD5, noTopMD5),
	}
}

// twoFiles are stem.h5 and stem_notop.h5.
func twoFiles(folder, stem, topHash, noTopHash string) func(Config) officialFile {
	return func(c Config) officialFile {
		name, hash := stem+".h5", topHash
		if !c.IncludeTop {
			name, hash = stem+"_notop.h5", noTopHash
		}
		return officialFile{name, folder + name, hash}
	}
}

// efficientNet says how much wider and deeper a network is than EfficientNetB0,
// and the rate of the dropout in its classifier.
type efficientNet struct{ width, depth, dropout float64 }

// The initializers of EfficientNet and EfficientNetV2.
var (
	efficientConvInitializer  = layers.VarianceScaling(2, "fan_out", "truncated_normal")
	efficientDenseInitializer = layers.VarianceScaling(1./3, "fan_out", "uniform")
)

// efficientNetStages lists EfficientNetB0's stages: their kernels, numbers of
// blocks, maps, expansions, and the strides of their first blocks.
var efficientNetStages = []struct{ kernel, blocks, filters, expansion, stride int }{
	{3, 1, 16, 1, 1}, {3, 2, 24, 6, 2}, {5, 2, 40, 6, 2}, {3, 3, 80, 6, 2}, {5, 3, 112, 6, 1}, {5, 4, 192, 6, 2},
	{3, 1, 320, 6, 1},
}

func (e efficientNet) body(x layers.Symbol, c Config) layers.Symbol {
	x = layers.Rescaling(1./255, 0).Apply(x)
	x = layers.Normalization().Apply(x)
	if c.Weights == ImageNet {
		scale := make([]float64, 3)
		for i, stddev := range imageNetStddev {
			scale[i] = 1 / math.Sqrt(stddev)
		}
		x = layers.RescalingByChannel(scale, []float64{0}).Apply(x)
	}
	x = layers.ZeroPadding2D(correctPad(x, 3)...).Named("stem_conv_pad").Apply(x)
	x = layers.Conv2D(e.filters(32), 3).Strides(2).WithoutBias().KernelInitializer(efficientConvInitializer).
		Named("stem_conv").Apply(x)
	x = efficientActivation(layers.BatchNormalization().Named("stem_bn").Apply(x), "stem_")
	total, number := 0, 0
	for _, s := range efficientNetStages {
		total += e.repeats(s.blocks)
	}
	for i, s := range efficientNetStages {
		for j := range e.repeats(s.blocks) {
			b := mobileBlock{
				prefix: fmt.Sprintf("block%d%c_", i+1, 'a'+j), depthwise: "dwconv", filters: e.filters(s.filters),
				kernel: s.kernel, expansion: s.expansion, stride: 1, squeezes: true, ownPadding: true,
				momentum: 0.99, dropout: 0.2 * float64(number) / float64(total),
			}
			if j == 0 {
				b.stride = s.stride
			}
			x = b.apply(x)
			number++
		}
	}
	return efficientLast(x, e.filters(1280), 0.99)
}

// filters is Keras' round_filters.
func (e efficientNet) filters(n int) int { return divisible(float64(n)*e.width, 8) }

// repeats is Keras' round_repeats.
func (e efficientNet) repeats(n int) int { return int(math.Ceil(e.depth * float64(n))) }

// efficientLast is the last convolution of the body.
func efficientLast(x layers.Symbol, filters int, momentum float64) layers.Symbol {
	x = layers.Conv2D(filters, 1).Padding(layers.Same).WithoutBias().KernelInitializer(efficientConvInitializer).
		Named("top_conv").Apply(x)
	return efficientActivation(layers.BatchNormalization().Momentum(momentum).Named("top_bn").Apply(x), "top_")
}

func efficientActivation(x layers.Symbol, prefix string) layers.Symbol {
	return layers.Activation(layers.Swish).Named(prefix + "activation").Apply(x)
}

func efficientNetTop(x layers.Symbol, c Config, dropout float64, bias layers.Initializer) layers.Symbol {
	x = layers.GlobalAveragePooling2D().Named("avg_pool").Apply(x)
	x = layers.Dropout(dropout).Named("top_dropout").Apply(x)
	return layers.Dense(c.Classes).Activation(c.ClassifierActivation).KernelInitializer(efficientDenseInitializer).
		BiasInitializer(bias).Named("predictions").Apply(x)
}
