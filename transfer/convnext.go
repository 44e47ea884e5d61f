package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// ConvNeXtTiny builds the smallest network of Liu et al., "A ConvNet for the
// 2020s" (arXiv:2201.03545): 27,820,128 parameters without top. Images are at
// least 32x32 and have pixels of 0 to 255. Setting: WithoutPreprocessing. Taps:
// convnext_tiny_downsampling_block_0 to _2, and the last layer.
// (keras/src/applications/convnext.py)
func ConvNeXtTiny(ctx context.Context, c Config) (*Backbone, error) {
	return convNeXtTiny.build(ctx, c)
}

// ConvNeXtSmall builds the next larger network of the same paper: 49,454,688
// parameters without top.
func ConvNeXtSmall(ctx context.Context, c Config) (*Backbone, error) {
	return convNeXtSmall.build(ctx, c)
}

// ConvNeXtBase has 87,566,464 parameters without top.
func ConvNeXtBase(ctx context.Context, c Config) (*Backbone, error) {
	return convNeXtBase.build(ctx, c)
}

// ConvNeXtLarge has 196,230,336 parameters without top.
func ConvNeXtLarge(ctx context.Context, c Config) (*Backbone, error) {
	return convNeXtLarge.build(ctx, c)
}

// ConvNeXtXLarge has 348,147,968 parameters without top.
func ConvNeXtXLarge(ctx context.Context, c Config) (*Backbone, error) {
	return convNeXtXLarge.build(ctx, c)
}

var (
	convNeXtTiny = newConvNeXt("Tiny", "tiny", convNeXt{[4]int{3, 3, 9, 3}, 96},
		"8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
		"d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1")
	convNeXtSmall = newConvNeXt("Small", "small", convNeXt{[4]int{3, 3, 27, 3}, 96},
		"ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
		"6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab")
	convNeXtBase = newConvNeXt("Base", "base", convNeXt{[4]int{3, 3, 27, 3}, 128},
		"52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
		"40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45")
	convNeXtLarge = newConvNeXt("Large", "large", convNeXt{[4]int{3, 3, 27, 3}, 192},
		"070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
		"96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd")
	convNeXtXLarge = newConvNeXt("XLarge", "xlarge", convNeXt{[4]int{3, 3, 27, 3}, 256},
		"c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
		"de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05")
)

// convNeXt is the number of blocks of each stage, and the channels of the first
// one; each further stage has twice as many.
type convNeXt struct {
	depths   [4]int
	channels int
}

func newConvNeXt(title, variant string, n convNeXt, topSHA256, noTopSHA256 string) *network {
	name := "convnext_" + variant
	return &network{
		name: name, title: "ConvNeXt" + title, defaultSize: 224, minSize: 32,
		takes: settings{withoutPreprocessing: true},
		body:  n.body,
		top:   convNeXtTop,
		afterPooling: func(x layers.Symbol) layers.Symbol {
			return convNeXtNorm().Apply(x)
		},
		weights: twoFiles(weightsURL+"convnext/", name, topSHA256, noTopSHA256),
	}
}

// body names the layers after the model, as Keras does.
func (n convNeXt) body(x layers.Symbol, c Config) layers.Symbol {
	if !c.WithoutPreprocessing && channels(x) == 3 {
		x = convNeXtPreprocessing(x, c.Name+"_prestem_normalization")
	}
	width := n.channels
	x = layers.Sequential(c.Name+"_stem",
		layers.Conv2D(width, 4).Strides(4).Named(c.Name+"_stem_conv"),
		convNeXtNorm().Named(c.Name+"_stem_layernorm"),
	).Apply(x)
	for stage, depth := range n.depths {
		if stage > 0 {
			width *= 2
			x = layers.Sequential(fmt.Sprintf("%s_downsampling_block_%d", c.Name, stage-1),
				convNeXtNorm().Named(fmt.Sprintf("%s_downsampling_layernorm_%d", c.Name, stage-1)),
				layers.Conv2D(width, 2).Strides(2).Named(fmt.Sprintf("%s_downsampling_conv_%d", c.Name, stage-1)),
			).Apply(x)
		}
		for i := range depth {
			x = convNeXtBlock(x, width, fmt.Sprintf("%s_stage_%d_block_%d", c.Name, stage, i))
		}
	}
	return x
}

// convNeXtPreprocessing gives pixels of 0 to 255 ImageNet's mean and variance.
func convNeXtPreprocessing(x layers.Symbol, name string) layers.Symbol {
	mean, variance := make([]float64, 3), make([]float64, 3)
	for i, stddev := range imageNetStddev {
		mean[i], variance[i] = imageNetMean[i]*255, (stddev*255)*(stddev*255)
	}
	return layers.Normalization().Statistics(mean, variance).Named(name).Apply(x)
}

// convNeXtBlock looks at 7x7 pixels of each map, and then at all maps of each
// pixel.
func convNeXtBlock(in layers.Symbol, width int, name string) layers.Symbol {
	x := layers.Symbol(layers.Conv2D(width, 7).Padding(layers.Same).Groups(width).
		Named(name + "_depthwise_conv").Apply(in))
	x = convNeXtNorm().Named(name + "_layernorm").Apply(x)
	x = layers.Dense(4 * width).Named(name + "_pointwise_conv_1").Apply(x)
	x = layers.Activation(layers.Gelu).Named(name + "_gelu").Apply(x)
	x = layers.Dense(width).Named(name + "_pointwise_conv_2").Apply(x)
	x = newLayerScale(1e-6, width).Named(name + "_layer_scale").Apply(x)
	x = layers.Activation(layers.Linear).Named(name + "_identity").Apply(x)
	return layers.OpAdd.Apply(in, x)
}

func convNeXtNorm() *layers.LayerNormalizationLayer { return layers.LayerNormalization().Epsilon(1e-6) }

func convNeXtTop(x layers.Symbol, c Config) layers.Symbol {
	x = layers.GlobalAveragePooling2D().Named(c.Name + "_head_gap").Apply(x)
	x = convNeXtNorm().Named(c.Name + "_head_layernorm").Apply(x)
	return layers.Dense(c.Classes).Activation(c.ClassifierActivation).Named(c.Name + "_head_dense").Apply(x)
}
