package transfer

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// MobileNetV3Small builds the small network of Howard et al., "Searching for
// MobileNetV3" (arXiv:1905.02244): 939,120 parameters without top. Images are
// at least 32x32 and have pixels of 0 to 255. Settings: Alpha, Minimalistic,
// DropoutRate, WithoutPreprocessing. Weights of ImageNet exist for Alpha 0.75
// and 1, and for Minimalistic with Alpha 1. Taps: expanded_conv_2_add,
// expanded_conv_5_add, expanded_conv_7_add, expanded_conv_10_add.
// (keras/src/applications/mobilenet_v3.py)
func MobileNetV3Small(ctx context.Context, c Config) (*Backbone, error) {
	return mobileNetV3Small.build(ctx, c)
}

// MobileNetV3Large builds the large network of the same paper: 2,996,352
// parameters without top. (keras/src/applications/mobilenet_v3.py)
func MobileNetV3Large(ctx context.Context, c Config) (*Backbone, error) {
	return mobileNetV3Large.build(ctx, c)
}

var mobileNetV3Small = newMobileNetV3("Small", 1024, []mobileNetV3Block{
	{1, 16, 3, 2, true, false},
	{72. / 16, 24, 3, 2, false, false},
	{88. / 24, 24, 3, 1, false, false},
	{4, 40, 5, 2, true, true},
	{6, 40, 5, 1, true, true},
	{6, 40, 5, 1, true, true},
	{3, 48, 5, 1, true, true},
	{3, 48, 5, 1, true, true},
	{6, 96, 5, 2, true, true},
	{6, 96, 5, 1, true, true},
	{6, 96, 5, 1, true, true},
})

var mobileNetV3Large = newMobileNetV3("Large", 1280, []mobileNetV3Block{
	{1, 16, 3, 1, false, false},
	{4, 24, 3, 2, false, false},
	{3, 24, 3, 1, false, false},
	{3, 40, 5, 2, true, false},
	{3, 40, 5, 1, true, false},
	{3, 40, 5, 1, true, false},
	{6, 80, 3, 2, false, true},
	{2.5, 80, 3, 1, false, true},
	{2.3, 80, 3, 1, false, true},
	{2.3, 80, 3, 1, false, true},
	{6, 112, 3, 1, true, true},
	{6, 112, 3, 1, true, true},
	{6, 160, 5, 2, true, true},
	{6, 160, 5, 1, true, true},
	{6, 160, 5, 1, true, true},
})

// mobileNetV3Block is an inverted residual block. A minimalistic network has
// kernels of 3, no squeeze and excitation, and ReLU everywhere.
type mobileNetV3Block struct {
	expansion               float64
	filters, kernel, stride int
	squeezes                bool // squeeze and excitation
	swishes                 bool // hard swish instead of ReLU
}

func newMobileNetV3(size string, topFilters int, blocks []mobileNetV3Block) *network {
	return &network{
		name: "MobileNetV3" + size, title: "MobileNetV3" + size, defaultSize: 224, minSize: 32,
		takes: settings{alpha: true, minimalistic: true, dropoutRate: 0.2, withoutPreprocessing: true},
		body: func(x layers.Symbol, c Config) layers.Symbol {
			return mobileNetV3Body(x, c, blocks)
		},
		top: func(x layers.Symbol, c Config) layers.Symbol {
			return mobileNetV3Top(x, c, topFilters)
		},
		avgPool: "avg_pool", maxPool: "max_pool",
		weights: func(c Config) officialFile {
			return mobileNetV3File(strings.ToLower(size), c)
		},
		unpublished: mobileNetV3Unpublished,
		variants:    []Config{{}, {Alpha: 0.75}, {Minimalistic: true}},
	}
}

func mobileNetV3Body(x layers.Symbol, c Config, blocks []mobileNetV3Block) layers.Symbol {
	if !c.WithoutPreprocessing {
		x = layers.Rescaling(1/127.5, -1).Apply(x)
	}
	x = layers.Conv2D(16, 3).Strides(2).Padding(layers.Same).WithoutBias().Named("conv").Apply(x)
	x = mobileNetV3Activation(mobileNetV3Norm(x, "conv"), !c.Minimalistic)
	for i, b := range blocks {
		if c.Minimalistic {
			b.kernel, b.squeezes, b.swishes = 3, false, false
		}
		b.filters = divisible(float64(b.filters)*c.Alpha, 8)
		prefix := "expanded_conv_"
		if i > 0 {
			prefix = fmt.Sprintf("expanded_conv_%d_", i)
		}
		x = b.apply(x, prefix, i > 0)
	}
	last := divisible(float64(channels(x)*6), 8)
	x = layers.Conv2D(last, 1).Padding(layers.Same).WithoutBias().Named("conv_1").Apply(x)
	return mobileNetV3Activation(mobileNetV3Norm(x, "conv_1"), !c.Minimalistic)
}

func (b mobileNetV3Block) apply(in layers.Symbol, prefix string, expand bool) layers.Symbol {
	x, wide := in, divisible(float64(channels(in))*b.expansion, 8)
	if expand {
		x = layers.Conv2D(wide, 1).Padding(layers.Same).WithoutBias().Named(prefix + "expand").Apply(x)
		x = mobileNetV3Activation(mobileNetV3Norm(x, prefix+"expand"), b.swishes)
	}
	x = stridedDepthwise(x, b.kernel, b.stride, prefix, "depthwise_pad")
	x = mobileNetV3Activation(mobileNetV3Norm(x, prefix+"depthwise"), b.swishes)
	if b.squeezes {
		x = squeezeAndExcite(x, wide, prefix+"squeeze_excite_")
	}
	x = layers.Conv2D(b.filters, 1).Padding(layers.Same).WithoutBias().Named(prefix + "project").Apply(x)
	x = mobileNetV3Norm(x, prefix+"project")
	if b.stride == 1 && channels(in) == b.filters {
		return layers.Add().Named(prefix+"add").Apply(in, x)
	}
	return x
}

// squeezeAndExcite weighs each map by what the means of all maps say of it.
func squeezeAndExcite(in layers.Symbol, filters int, prefix string) layers.Symbol {
	x := layers.Symbol(layers.GlobalAveragePooling2D().KeepDims().Named(prefix + "avg_pool").Apply(in))
	x = layers.Conv2D(divisible(float64(filters)*0.25, 8), 1).Padding(layers.Same).Named(prefix + "conv").Apply(x)
	x = layers.ReLU().Named(prefix + "relu").Apply(x)
	x = layers.Conv2D(filters, 1).Padding(layers.Same).Named(prefix + "conv_1").Apply(x)
	x = layers.OpMultiply.Apply(layers.ReLU().MaxValue(6).Apply(layers.OpAdd.Apply(x, 3.0)), 1./6)
	return layers.Multiply().Named(prefix+"mul").Apply(in, x)
}

func mobileNetV3Norm(x layers.Symbol, name string) layers.Symbol {
	return layers.BatchNormalization().Momentum(0.999).Named(name + "_bn").Apply(x)
}

func mobileNetV3Activation(x layers.Symbol, swish bool) layers.Symbol {
	if swish {
		return layers.Activation(layers.HardSwish).Apply(x)
	}
	return layers.ReLU().Apply(x)
}

func mobileNetV3Top(x layers.Symbol, c Config, filters int) layers.Symbol {
	if c.Alpha > 1 {
		filters = divisible(float64(filters)*c.Alpha, 8)
	}
	x = layers.GlobalAveragePooling2D().KeepDims().Apply(x)
	x = layers.Conv2D(filters, 1).Padding(layers.Same).Named("conv_2").Apply(x)
	x = mobileNetV3Activation(x, !c.Minimalistic)
	if c.DropoutRate > 0 {
		x = layers.Dropout(c.DropoutRate).Apply(x)
	}
	x = layers.Conv2D(c.Classes, 1).Padding(layers.Same).Named("logits").Apply(x)
	x = layers.Flatten().Apply(x)
	return layers.Activation(c.ClassifierActivation).Named("predictions").Apply(x)
}

// mobileNetV3Hashes are those of the files with and without the classifier.
var mobileNetV3Hashes = map[string][2]string{
	"large_224_0.75_float": {"765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"},
	"large_224_1.0_float":  {"59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"},
	"large_minimalistic_224_1.0_float": {
		"675e7b876c45c57e9e63e6d90a36599c", "ec5221f64a2f6d1ef965a614bdae7973"},
	"small_224_0.75_float": {"cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"},
	"small_224_1.0_float":  {"8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"},
	"small_minimalistic_224_1.0_float": {
		"99cd97fb2fcdad2bf028eb838de69e37", "cde8136e733e811080d9fcd8a252f7e4"},
}

func mobileNetV3File(size string, c Config) officialFile {
	if c.Minimalistic {
		size += "_minimalistic"
	}
	alpha := "1.0"
	if c.Alpha != 1 {
		alpha = strconv.FormatFloat(c.Alpha, 'f', -1, 64)
	}
	model := fmt.Sprintf("%s_224_%s_float", size, alpha)
	name, hash := "weights_mobilenet_v3_"+model+".h5", mobileNetV3Hashes[model][0]
	if !c.IncludeTop {
		name, hash = "weights_mobilenet_v3_"+model+"_no_top_v2.h5", mobileNetV3Hashes[model][1]
	}
	return officialFile{name, weightsURL + "mobilenet_v3/" + name, hash}
}

func mobileNetV3Unpublished(c Config) error {
	if c.Alpha == 1 || c.Alpha == 0.75 && !c.Minimalistic {
		return nil
	}
	return fmt.Errorf("if imagenet weights are being loaded, Alpha can be 0.75 or 1, or 1 with Minimalistic, got %g",
		c.Alpha)
}
