package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// InceptionResNetV2 builds the network of Szegedy et al., "Inception-v4,
// Inception-ResNet and the Impact of Residual Connections on Learning"
// (arXiv:1602.07261): 54,336,736 parameters without top. Images are at least
// 75x75: see Config.Resize for smaller ones. Taps: mixed_5b, block35_10_ac,
// mixed_6a, block17_20_ac, mixed_7a, conv_7b_ac.
// (keras/src/applications/inception_resnet_v2.py)
func InceptionResNetV2(ctx context.Context, c Config) (*Backbone, error) {
	return inceptionResNetV2.build(ctx, c)
}

var inceptionResNetV2 = &network{
	name: "inception_resnet_v2", title: "InceptionResNetV2", defaultSize: 299, minSize: 75,
	body:       inceptionResNetBody,
	top:        averageTop,
	preprocess: tfPreprocessing,
	weights: kernels("inception_resnet_v2/", "inception_resnet_v2",
		"e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"),
}

func inceptionResNetBody(x layers.Symbol, _ Config) layers.Symbol {
	x = inceptionStem.apply(x)
	x = mixed{"mixed_5b", []branch{
		{same(96, 1, 1)},
		{same(48, 1, 1), same(64, 5, 5)},
		{same(64, 1, 1), same(96, 3, 3), same(96, 3, 3)},
		{average, same(64, 1, 1)},
	}}.apply(x)
	x = repeat(x, 10, scaledResidual{"block35", 0.17, []branch{
		{same(32, 1, 1)},
		{same(32, 1, 1), same(32, 3, 3)},
		{same(32, 1, 1), same(48, 3, 3), same(64, 3, 3)},
	}})
	x = mixed{"mixed_6a", []branch{
		{half(384, 3, 3)},
		{same(256, 1, 1), same(256, 3, 3), half(384, 3, 3)},
		{maximum},
	}}.apply(x)
	x = repeat(x, 20, scaledResidual{"block17", 0.1, []branch{
		{same(192, 1, 1)},
		{same(128, 1, 1), same(160, 1, 7), same(192, 7, 1)},
	}})
	x = mixed{"mixed_7a", []branch{
		{same(256, 1, 1), half(384, 3, 3)},
		{same(256, 1, 1), half(288, 3, 3)},
		{same(256, 1, 1), same(288, 3, 3), half(320, 3, 3)},
		{maximum},
	}}.apply(x)
	last := scaledResidual{"block8", 0.2, []branch{
		{same(192, 1, 1)},
		{same(192, 1, 1), same(224, 1, 3), same(256, 3, 1)},
	}}
	x = repeat(x, 9, last)
	last.scale = 1
	x = last.sum(x, "block8_10")
	x = layers.Conv2D(1536, 1).Padding(layers.Same).WithoutBias().Named("conv_7b").Apply(x)
	x = layers.BatchNormalization().WithoutScale().Named("conv_7b_bn").Apply(x)
	return layers.Activation(layers.Relu).Named("conv_7b_ac").Apply(x)
}

// scaledResidual is a block that adds a part of what its branches see to its
// input (Keras' inception_resnet_block).
type scaledResidual struct {
	name     string
	scale    float64
	branches []branch
}

// repeat applies a block times times, each followed by ReLU.
func repeat(x layers.Symbol, times int, block scaledResidual) layers.Symbol {
	for i := 1; i <= times; i++ {
		name := fmt.Sprintf("%s_%d", block.name, i)
		x = layers.Activation(layers.Relu).Named(name + "_ac").Apply(block.sum(x, name))
	}
	return x
}

func (r scaledResidual) sum(x layers.Symbol, name string) layers.Symbol {
	seen := mixed{name + "_mixed", r.branches}.apply(x)
	up := layers.Conv2D(channels(x), 1).Padding(layers.Same).Named(name + "_conv").Apply(seen)
	return newCustomScale(r.scale).Apply(x, up)
}
