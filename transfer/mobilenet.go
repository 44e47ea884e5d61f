package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// MobileNet builds the network of Howard et al., "MobileNets: Efficient
// Convolutional Neural Networks for Mobile Vision Applications"
// (arXiv:1704.04861): 3,228,864 parameters without top. Images are at least
// 32x32. Settings: Alpha, DepthMultiplier, DropoutRate. Weights of ImageNet
// exist for Alpha 0.25, 0.5, 0.75 and 1, each for images of 128, 160, 192 and
// 224 pixels; other images take those of 224. Taps: conv_pw_1_relu to
// conv_pw_13_relu. (keras/src/applications/mobilenet.py)
func MobileNet(ctx context.Context, c Config) (*Backbone, error) { return mobileNet.build(ctx, c) }

var mobileNet = &network{
	title: "MobileNet",
	nameOf: func(c Config) string {
		return fmt.Sprintf("mobilenet_%.2f_%d", c.Alpha, namedSize(c, mobileNetSizes))
	},
	defaultSize: 224, minSize: 32, sizes: mobileNetSizes,
	takes:       settings{alpha: true, depthMultiplier: true, dropoutRate: 0.001},
	body:        mobileNetBody,
	top:         mobileNetTop,
	preprocess:  tfPreprocessing,
	weights:     mobileNetFile,
	unpublished: mobileNetUnpublished,
	variants:    widthsAndSizes([]float64{0.25, 0.5, 0.75, 1}, mobileNetSizes),
}

// mobileNetAlphas are the widths for which there are weights, as their files
// name them.
var mobileNetAlphas = map[float64]string{0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1: "1_0"}

// mobileNetSizes are the sides of images for which there are weights.
var mobileNetSizes = []int{128, 160, 192, 224}

// mobileNetBlocks lists the maps of each block and its stride.
var mobileNetBlocks = []struct{ filters, stride int }{
	{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1},
	{1024, 2}, {1024, 1},
}

func mobileNetBody(x layers.Symbol, c Config) layers.Symbol {
	x = layers.Conv2D(int(32*c.Alpha), 3).Strides(2).Padding(layers.Same).WithoutBias().Named("conv1").Apply(x)
	x = mobileNetRelu6(x, "conv1")
	for i, block := range mobileNetBlocks {
		depthwise := layers.DepthwiseConv2D(3).Strides(block.stride).DepthMultiplier(c.DepthMultiplier).WithoutBias()
		if block.stride == 1 {
			depthwise = depthwise.Padding(layers.Same)
		} else {
			x = layers.ZeroPadding2D(0, 1, 0, 1).Named(fmt.Sprintf("conv_pad_%d", i+1)).Apply(x)
		}
		name := fmt.Sprintf("conv_dw_%d", i+1)
		x = mobileNetRelu6(depthwise.Named(name).Apply(x), name)
		name = fmt.Sprintf("conv_pw_%d", i+1)
		x = layers.Conv2D(int(float64(block.filters)*c.Alpha), 1).Padding(layers.Same).WithoutBias().Named(name).Apply(x)
		x = mobileNetRelu6(x, name)
	}
	return x
}

// mobileNetRelu6 is name_bn and name_relu.
func mobileNetRelu6(x layers.Symbol, name string) layers.Symbol {
	x = layers.BatchNormalization().Named(name + "_bn").Apply(x)
	return layers.ReLU().MaxValue(6).Named(name + "_relu").Apply(x)
}

func mobileNetTop(x layers.Symbol, c Config) layers.Symbol {
	x = layers.GlobalAveragePooling2D().KeepDims().Apply(x)
	x = layers.Dropout(c.DropoutRate).Named("dropout").Apply(x)
	x = layers.Conv2D(c.Classes, 1).Padding(layers.Same).Named("conv_preds").Apply(x)
	x = layers.Reshape(c.Classes).Named("reshape_2").Apply(x)
	return layers.Activation(c.ClassifierActivation).Named("predictions").Apply(x)
}

func mobileNetFile(c Config) officialFile {
	name := fmt.Sprintf("mobilenet_%s_%d_tf", mobileNetAlphas[c.Alpha], trainedSize(c.networkShape(), mobileNetSizes, 224))
	if !c.IncludeTop {
		name += "_no_top"
	}
	name += ".h5"
	return officialFile{name: name, url: weightsURL + "mobilenet/" + name}
}

func mobileNetUnpublished(c Config) error {
	if c.DepthMultiplier != 1 {
		return errors.New("if imagenet weights are being loaded, DepthMultiplier must be 1")
	}
	if mobileNetAlphas[c.Alpha] == "" {
		return fmt.Errorf("if imagenet weights are being loaded, Alpha must be one of 0.25, 0.5, 0.75 or 1, got %g", c.Alpha)
	}
	return nil
}

// namedSize is the size in a model's name: that of its weights, or of the
// images where the weights are not ImageNet's.
func namedSize(c Config, sizes []int) int {
	if c.Weights == ImageNet {
		return trainedSize(c.networkShape(), sizes, 224)
	}
	return c.networkShape()[0]
}

// widthsAndSizes are the settings of the weights that there are for each width
// and each size of images.
func widthsAndSizes(alphas []float64, sizes []int) []Config {
	var all []Config
	for _, alpha := range alphas {
		for _, size := range sizes {
			all = append(all, Config{Alpha: alpha, InputShape: layers.Shape{size, size, 3}})
		}
	}
	return all
}
