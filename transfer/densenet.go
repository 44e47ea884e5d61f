package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// DenseNet121 builds the 121-layer network of Huang et al., "Densely Connected
// Convolutional Networks" (arXiv:1608.06993): 7,037,504 parameters without top.
// Images are at least 32x32. Taps: conv2_block6_concat, pool2_relu, pool2_pool
// and so on to relu. (keras/src/applications/densenet.py)
func DenseNet121(ctx context.Context, c Config) (*Backbone, error) { return denseNet121.build(ctx, c) }

// DenseNet169 builds the 169-layer network of the same paper: 12,642,880
// parameters without top. (keras/src/applications/densenet.py)
func DenseNet169(ctx context.Context, c Config) (*Backbone, error) { return denseNet169.build(ctx, c) }

// DenseNet201 builds the 201-layer network of the same paper: 18,321,984
// parameters without top. (keras/src/applications/densenet.py)
func DenseNet201(ctx context.Context, c Config) (*Backbone, error) { return denseNet201.build(ctx, c) }

var (
	denseNet121 = newDenseNet(121, denseBlocks{6, 12, 24, 16},
		"9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738")
	denseNet169 = newDenseNet(169, denseBlocks{6, 12, 32, 32},
		"d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b")
	denseNet201 = newDenseNet(201, denseBlocks{6, 12, 48, 32},
		"1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1")
)

func newDenseNet(depth int, blocks denseBlocks, topMD5, noTopMD5 string) *network {
	name := fmt.Sprintf("densenet%d", depth)
	return &network{
		name: name, title: fmt.Sprintf("DenseNet%d", depth), defaultSize: 224, minSize: 32,
		body:    blocks.apply,
		top:     averageTop,
		avgPool: "avg_pool", maxPool: "max_pool",
		preprocess: torchPreprocessing,
		weights:    kernels("densenet/", name, topMD5, noTopMD5),
	}
}

// denseGrowth is the number of channels that each step of a block adds.
const denseGrowth = 32

// denseBlocks lists the steps of each block. Between two blocks a transition
// halves the image and the channels.
type denseBlocks [4]int

func (blocks denseBlocks) apply(x layers.Symbol, _ Config) layers.Symbol {
	x = layers.ZeroPadding2D(3).Apply(x)
	x = layers.Conv2D(64, 7).Strides(2).WithoutBias().Named("conv1_conv").Apply(x)
	x = normRelu(x, "conv1")
	x = layers.ZeroPadding2D(1).Apply(x)
	x = layers.MaxPooling2D(3).Strides(2).Named("pool1").Apply(x)
	for b, steps := range blocks {
		if b > 0 {
			x = denseTransition(x, fmt.Sprintf("pool%d", b+1))
		}
		for s := 1; s <= steps; s++ {
			x = denseStep(x, fmt.Sprintf("conv%d_block%d", b+2, s))
		}
	}
	x = layers.BatchNormalization().Epsilon(1.001e-5).Named("bn").Apply(x)
	return layers.Activation(layers.Relu).Named("relu").Apply(x)
}

// denseStep appends new channels to x (Keras' conv_block).
func denseStep(x layers.Symbol, name string) layers.Symbol {
	y := normRelu(x, name+"_0")
	y = layers.Conv2D(4*denseGrowth, 1).WithoutBias().Named(name + "_1_conv").Apply(y)
	y = normRelu(y, name+"_1")
	y = layers.Conv2D(denseGrowth, 3).Padding(layers.Same).WithoutBias().Named(name + "_2_conv").Apply(y)
	return layers.Concatenate().Named(name+"_concat").Apply(x, y)
}

func denseTransition(x layers.Symbol, name string) layers.Symbol {
	half := channels(x) / 2
	x = normRelu(x, name)
	x = layers.Conv2D(half, 1).WithoutBias().Named(name + "_conv").Apply(x)
	return layers.AveragePooling2D(2).Strides(2).Named(name + "_pool").Apply(x)
}
