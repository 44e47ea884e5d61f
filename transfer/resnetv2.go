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

// ResNet101V2 builds the 101-layer network of the same paper: 42,626,560
// parameters without top. (keras/src/applications/resnet_v2.py)
func ResNet101V2(ctx context.Context, c Config) (*Backbone, error) { return resNet101V2.build(ctx, c) }

// ResNet152V2 builds the 152-layer network of the same paper: 58,331,648
// parameters without top. (keras/src/applications/resnet_v2.py)
func ResNet152V2(ctx context.Context, c Config) (*Backbone, error) { return resNet152V2.build(ctx, c) }

var (
	resNet50V2 = newResNetV2(50, 4, 6,
		"3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917")
	resNet101V2 = newResNetV2(101, 4, 23,
		"6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5")
	resNet152V2 = newResNetV2(152, 8, 36,
		"a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33")
)

// newResNetV2 makes the network of so many layers; conv3 and conv4 are the
// numbers of blocks of its second and third stack.
func newResNetV2(depth, conv3, conv4 int, topMD5, noTopMD5 string) *network {
	name := fmt.Sprintf("resnet%dv2", depth)
	return &network{
		name: name, title: fmt.Sprintf("ResNet%dV2", depth), defaultSize: 224, minSize: 32,
		body: resNetV2Stacks{
			{"conv2", 64, 3, 2},
			{"conv3", 128, conv3, 2},
			{"conv4", 256, conv4, 2},
			{"conv5", 512, 3, 1},
		}.apply,
		top:     averageTop,
		avgPool: "avg_pool", maxPool: "max_pool",
		preprocess: tfPreprocessing,
		weights:    kernels("resnet/", name, topMD5, noTopMD5),
	}
}

// resNetV2Stacks lists the stacks of residual blocks. The stride is that of a
// stack's last block; its filters are a quarter of its output channels.
type resNetV2Stacks [4]struct {
	name                    string
	filters, blocks, stride int
}

func (stacks resNetV2Stacks) apply(x layers.Symbol, _ Config) layers.Symbol {
	x = layers.ZeroPadding2D(3).Named("conv1_pad").Apply(x)
	x = layers.Conv2D(64, 7).Strides(2).Named("conv1_conv").Apply(x)
	x = resNetPool(x)
	for _, s := range stacks {
		for i := 1; i <= s.blocks; i++ {
			block := preactivated{name: fmt.Sprintf("%s_block%d", s.name, i), filters: s.filters, stride: 1, widen: i == 1}
			if i == s.blocks {
				block.stride = s.stride
			}
			x = block.apply(x)
		}
	}
	return normRelu(x, "post")
}

// preactivated is a bottleneck block with batch normalization and ReLU before
// its convolutions (Keras' residual_block_v2).
type preactivated struct {
	name            string
	filters, stride int
	widen           bool // the shortcut is a convolution to 4*filters channels
}

func (r preactivated) apply(x layers.Symbol) layers.Symbol {
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

func (r preactivated) shortcut(x, pre layers.Symbol) layers.Symbol {
	switch {
	case r.widen:
		return layers.Conv2D(4*r.filters, 1).Strides(r.stride).Named(r.name + "_0_conv").Apply(pre)
	case r.stride > 1:
		return layers.MaxPooling2D(1).Strides(r.stride).Apply(x)
	default:
		return x
	}
}
