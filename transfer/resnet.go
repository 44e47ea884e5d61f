package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// ResNet50 builds the 50-layer network of He et al., "Deep Residual Learning
// for Image Recognition" (arXiv:1512.03385): 23,587,712 parameters without top.
// Images are at least 32x32, at which the last maps are 1x1. Taps:
// conv2_block3_out, conv3_block4_out, ..., and max_pool or avg_pool.
// (keras/src/applications/resnet.py)
func ResNet50(ctx context.Context, c Config) (*Backbone, error) { return resNet50.build(ctx, c) }

// ResNet101 builds the 101-layer network of the same paper: 42,658,176
// parameters without top. (keras/src/applications/resnet.py)
func ResNet101(ctx context.Context, c Config) (*Backbone, error) { return resNet101.build(ctx, c) }

// ResNet152 builds the 152-layer network of the same paper: 58,370,944
// parameters without top. (keras/src/applications/resnet.py)
func ResNet152(ctx context.Context, c Config) (*Backbone, error) { return resNet152.build(ctx, c) }

var (
	resNet50 = newResNet(50, 4, 6,
		"2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626")
	resNet101 = newResNet(101, 4, 23,
		"f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21")
	resNet152 = newResNet(152, 8, 36,
		"100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c")
)

// newResNet makes the network of so many layers; conv3 and conv4 are the
// numbers of blocks of its second and third stack.
func newResNet(depth, conv3, conv4 int, topMD5, noTopMD5 string) *network {
	name := fmt.Sprintf("resnet%d", depth)
	return &network{
		name: name, title: fmt.Sprintf("ResNet%d", depth), defaultSize: 224, minSize: 32,
		body: resNetStacks{
			{"conv2", 64, 3, 1},
			{"conv3", 128, conv3, 2},
			{"conv4", 256, conv4, 2},
			{"conv5", 512, 3, 2},
		}.apply,
		top:     averageTop,
		avgPool: "avg_pool", maxPool: "max_pool",
		preprocess: newCaffePreprocessing,
		weights:    kernels("resnet/", name, topMD5, noTopMD5),
	}
}

// resNetStacks lists the stacks of residual blocks. The stride is that of a
// stack's first block; its filters are a quarter of its output channels.
type resNetStacks [4]struct {
	name                    string
	filters, blocks, stride int
}

func (stacks resNetStacks) apply(x layers.Symbol, _ Config) layers.Symbol {
	x = layers.ZeroPadding2D(3).Named("conv1_pad").Apply(x)
	x = layers.Conv2D(64, 7).Strides(2).Named("conv1_conv").Apply(x)
	x = resNetPool(normRelu(x, "conv1"))
	for _, s := range stacks {
		for i := 1; i <= s.blocks; i++ {
			block := residual{name: fmt.Sprintf("%s_block%d", s.name, i), filters: s.filters, stride: 1, widen: i == 1}
			if i == 1 {
				block.stride = s.stride
			}
			x = block.apply(x)
		}
	}
	return x
}

// residual is a bottleneck block (Keras' residual_block_v1).
type residual struct {
	name            string
	filters, stride int
	widen           bool // the shortcut is a convolution to 4*filters channels
}

func (r residual) apply(x layers.Symbol) layers.Symbol {
	shortcut := x
	if r.widen {
		shortcut = layers.Conv2D(4*r.filters, 1).Strides(r.stride).Named(r.name + "_0_conv").Apply(x)
		shortcut = resNetNorm(shortcut, r.name+"_0")
	}
	x = layers.Conv2D(r.filters, 1).Strides(r.stride).Named(r.name + "_1_conv").Apply(x)
	x = normRelu(x, r.name+"_1")
	x = layers.Conv2D(r.filters, 3).Padding(layers.Same).Named(r.name + "_2_conv").Apply(x)
	x = normRelu(x, r.name+"_2")
	x = layers.Conv2D(4*r.filters, 1).Named(r.name + "_3_conv").Apply(x)
	x = resNetNorm(x, r.name+"_3")
	x = layers.Add().Named(r.name+"_add").Apply(shortcut, x)
	return layers.Activation(layers.Relu).Named(r.name + "_out").Apply(x)
}

// resNetPool halves the image after the first convolution.
func resNetPool(x layers.Symbol) layers.Symbol {
	x = layers.ZeroPadding2D(1).Named("pool1_pad").Apply(x)
	return layers.MaxPooling2D(3).Strides(2).Named("pool1_pool").Apply(x)
}

// resNetNorm is name_bn.
func resNetNorm(x layers.Symbol, name string) layers.Symbol {
	return layers.BatchNormalization().Epsilon(1.001e-5).Named(name + "_bn").Apply(x)
}

// normRelu is name_bn and name_relu.
func normRelu(x layers.Symbol, name string) layers.Symbol {
	return layers.Activation(layers.Relu).Named(name + "_relu").Apply(resNetNorm(x, name))
}
