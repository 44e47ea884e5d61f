package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// VGG16 builds the 16-layer network of Simonyan and Zisserman, "Very Deep
// Convolutional Networks for Large-Scale Image Recognition"
// (arXiv:1409.1556): 14,714,688 parameters without top. Images are at least
// 32x32. Taps: block1_pool to block5_pool, block3_conv2 and so on.
// (keras/src/applications/vgg16.py)
func VGG16(ctx context.Context, c Config) (*Backbone, error) { return vgg16.build(ctx, c) }

// VGG19 builds the 19-layer network of the same paper: 20,024,384 parameters
// without top. (keras/src/applications/vgg19.py)
func VGG19(ctx context.Context, c Config) (*Backbone, error) { return vgg19.build(ctx, c) }

// vggBlocks lists the filters of each block's convolutions. A block is
// blockB_conv1, blockB_conv2, ... and blockB_pool.
type vggBlocks [5][]int

var vgg16 = &network{
	name: "vgg16", title: "VGG16", defaultSize: 224, minSize: 32,
	body: vggBlocks{
		{64, 64},
		{128, 128},
		{256, 256, 256},
		{512, 512, 512},
		{512, 512, 512},
	}.apply,
	top:        vggTop,
	preprocess: newCaffePreprocessing,
	weights:    kernels("vgg16/", "vgg16", "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
}

var vgg19 = &network{
	name: "vgg19", title: "VGG19", defaultSize: 224, minSize: 32,
	body: vggBlocks{
		{64, 64},
		{128, 128},
		{256, 256, 256, 256},
		{512, 512, 512, 512},
		{512, 512, 512, 512},
	}.apply,
	top:        vggTop,
	preprocess: newCaffePreprocessing,
	weights:    kernels("vgg19/", "vgg19", "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
}

// apply stacks 3x3 convolutions with ReLU; each block halves the image.
func (blocks vggBlocks) apply(x layers.Symbol, _ Config) layers.Symbol {
	for b, filters := range blocks {
		for c, f := range filters {
			x = layers.Conv2D(f, 3).Padding(layers.Same).Activation(layers.Relu).
				Named(fmt.Sprintf("block%d_conv%d", b+1, c+1)).Apply(x)
		}
		x = layers.MaxPooling2D(2).Named(fmt.Sprintf("block%d_pool", b+1)).Apply(x)
	}
	return x
}

func vggTop(x layers.Symbol, c Config) layers.Symbol {
	x = layers.Flatten().Named("flatten").Apply(x)
	x = layers.Dense(4096).Activation(layers.Relu).Named("fc1").Apply(x)
	x = layers.Dense(4096).Activation(layers.Relu).Named("fc2").Apply(x)
	return predictions(x, c)
}
