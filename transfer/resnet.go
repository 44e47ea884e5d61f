package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// ResNet50V2 builds the 50-layer network of He et al., "Identity Mappings in
// Deep Residual Networks" (arXiv:1603.05027): 23,564,800 parameters without
// top. Images are at least 32x32, at which the last maps are 1x1. Taps:
// conv2_block3_out, conv3_block4_out, ..., post_relu, and max_pool or avg_pool.
// (keras/src/applications/resnet.py, resnet_v2.py)
func ResNet50V2(ctx context.Context, c Config) (*Backbone, error) { return resNet50V2.build(ctx, c) }

var resNet50V2 = &network{
	name: "resnet50v2", title: "ResNet50V2", defaultSize: 224, minSize: 32,
	body: resNetStacks{
		{"conv2", 64, 3, 2},
		{"conv3", 128, 4, 2},
		{"conv4", 256, 6, 2},
		{"conv5", 512, 3, 1},
	}.apply,
	top:     averageTop,
	avgPool: "avg_pool", maxPool: "max_pool",
	preprocess: tfPreprocessing,
	weights: published{
		folder: "resnet/", stem: "resnet50v2",
		topMD5: "3ef43a0b657b3be2300d5770ece849e0", noTopMD5: "fac2f116257151a9d068a22e544a4917",
	},
}

// resNetStacks lists the stacks of residual blocks. The stride is that of a
// stack's last block; its filters are a quarter of its output channels.
type resNetStacks [4]struct {
	name                    string
	filters, blocks, stride int
}

func (stacks resNetStacks) apply(x layers.Symbol) layers.Symbol {
	x = layers.ZeroPadding2D(3).Named("conv1_pad").Apply(x)
	x = layers.Conv2D(64, 7).Strides(2).Named("conv1_conv").Apply(x)
	x = layers.ZeroPadding2D(1).Named("pool1_pad").Apply(x)
	x = layers.MaxPooling2D(3).Strides(2).Named("pool1_pool").Apply(x)
	for _, s := range stacks {
		for i := 1; i <= s.blocks; i++ {
			block := residual{name: fmt.Sprintf("%s_block%d", s.name, i), filters: s.filters, stride: 1, widen: i == 1}
			if i == s.blocks {
				block.stride = s.stride
			}
			x = block.apply(x)
		}
	}
	return normRelu(x, "post")
}

// residual is a bottleneck block with pre-activation (Keras'
// residual_block_v2).
type residual struct {
	name            string
	filters, stride int
	widen           bool // the shortcut is a convolution to 4*filters channels
}

func (r residual) apply(x layers.Symbol) layers.Symbol {
	pre := normRelu(x, r.name+"_preact")
	shortcut := r.shortcut(x, pre)

	x = layers.Conv2D(r.filters, 1).WithoutBias().Named(r.name + "_1_conv").Apply(pre)
	x = normRelu(x, r.name+"_1")
	x = layers.ZeroPadding2D(1).Named(r.name + "_2_pad").Apply(x)
	x = layers.Conv2D(r.filters, 3).Strides(r.stride).WithoutBias().Named(r.name + "_2_conv").Apply(x)
	x = normRelu(x, r.name+"_2")
	x = layers.Conv2D(4*r.filters, 1).Named(r.name + "_3_conv").Apply(x)
	return layers.Add().Named(r.name+"_out").Apply(shortcut, x)
}

func (r residual) shortcut(x, pre layers.Symbol) layers.Symbol {
	switch {
	case r.widen:
		return layers.Conv2D(4*r.filters, 1).Strides(r.stride).Named(r.name + "_0_conv").Apply(pre)
	case r.stride > 1:
		return layers.MaxPooling2D(1).Strides(r.stride).Apply(x)
	default:
		return x
	}
}

// normRelu is name_bn and name_relu.
func normRelu(x layers.Symbol, name string) layers.Symbol {
	x = layers.BatchNormalization().Epsilon(1.001e-5).Named(name + "_bn").Apply(x)
	return layers.Activation(layers.Relu).Named(name + "_relu").Apply(x)
}
