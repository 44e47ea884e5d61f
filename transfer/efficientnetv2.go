package transfer

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// EfficientNetV2B0 builds the smallest network of Tan and Le, "EfficientNetV2:
// Smaller Models and Faster Training" (arXiv:2104.00298): 5,919,312 parameters
// without top. Images are at least 32x32 and have pixels of 0 to 255. Setting:
// WithoutPreprocessing. Taps: block2b_add, block3b_add, block5e_add,
// top_activation. (keras/src/applications/efficientnet_v2.py)
func EfficientNetV2B0(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetV2B0.build(ctx, c)
}

// EfficientNetV2B1 builds the next larger network of the same paper, for images
// of 240x240: 6,931,124 parameters without top.
func EfficientNetV2B1(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetV2B1.build(ctx, c)
}

// EfficientNetV2B2 is for images of 260x260: 8,769,374 parameters without top.
func EfficientNetV2B2(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetV2B2.build(ctx, c)
}

// EfficientNetV2B3 is for images of 300x300: 12,930,622 parameters without top.
func EfficientNetV2B3(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetV2B3.build(ctx, c)
}

// EfficientNetV2S is for images of 384x384: 20,331,360 parameters without top.
func EfficientNetV2S(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetV2S.build(ctx, c)
}

// EfficientNetV2M is for images of 480x480: 53,150,388 parameters without top.
func EfficientNetV2M(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetV2M.build(ctx, c)
}

// EfficientNetV2L is for images of 480x480: 117,746,848 parameters without top.
func EfficientNetV2L(ctx context.Context, c Config) (*Backbone, error) {
	return efficientNetV2L.build(ctx, c)
}

// efficientStage is a stage of blocks; those of the first stages are fused. The
// first block has the stride, and reads what the stage before makes.
type efficientStage struct {
	blocks, filters, expansion, stride int
	fused                              bool
}

var (
	efficientNetV2Base = []efficientStage{
		{1, 16, 1, 1, true}, {2, 32, 4, 2, true}, {2, 48, 4, 2, true},
		{3, 96, 4, 2, false}, {5, 112, 6, 1, false}, {8, 192, 6, 2, false},
	}
	efficientNetV2B0 = newEfficientNetV2("b0", 224, efficientNetV2{1, 1, 32, efficientNetV2Base},
		"21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff")
	efficientNetV2B1 = newEfficientNetV2("b1", 240, efficientNetV2{1, 1.1, 32, efficientNetV2Base},
		"069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37")
	efficientNetV2B2 = newEfficientNetV2("b2", 260, efficientNetV2{1.1, 1.2, 32, efficientNetV2Base},
		"424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb")
	efficientNetV2B3 = newEfficientNetV2("b3", 300, efficientNetV2{1.2, 1.4, 32, efficientNetV2Base},
		"1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856")
	efficientNetV2S = newEfficientNetV2("s", 384, efficientNetV2{1, 1, 24, []efficientStage{
		{2, 24, 1, 1, true}, {4, 48, 4, 2, true}, {4, 64, 4, 2, true},
		{6, 128, 4, 2, false}, {9, 160, 6, 1, false}, {15, 256, 6, 2, false},
	}}, "e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070")
	efficientNetV2M = newEfficientNetV2("m", 480, efficientNetV2{1, 1, 24, []efficientStage{
		{3, 24, 1, 1, true}, {5, 48, 4, 2, true}, {5, 80, 4, 2, true},
		{7, 160, 4, 2, false}, {14, 176, 6, 1, false}, {18, 304, 6, 2, false}, {5, 512, 6, 1, false},
	}}, "a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342")
	efficientNetV2L = newEfficientNetV2("l", 480, efficientNetV2{1, 1, 32, []efficientStage{
		{4, 32, 1, 1, true}, {7, 64, 4, 2, true}, {7, 96, 4, 2, true},
		{10, 192, 4, 2, false}, {19, 224, 6, 1, false}, {25, 384, 6, 2, false}, {7, 640, 6, 1, false},
	}}, "27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615")
)

// efficientNetV2 says how much wider and deeper a network is than its stages,
// and the maps of its first convolution.
type efficientNetV2 struct {
	width, depth float64
	stem         int
	stages       []efficientStage
}

func newEfficientNetV2(variant string, size int, e efficientNetV2, topMD5, noTopMD5 string) *network {
	name := "efficientnetv2-" + variant
	return &network{
		name: name, title: "EfficientNetV2" + strings.ToUpper(variant), defaultSize: size, minSize: 32,
		takes: settings{withoutPreprocessing: true},
		body: func(x layers.Symbol, c Config) layers.Symbol {
			if !c.WithoutPreprocessing {
				x = efficientNetV2Preprocessing(x, strings.HasPrefix(variant, "b"))
			}
			return e.body(x)
		},
		top: func(x layers.Symbol, c Config) layers.Symbol {
			return efficientNetTop(x, c, 0.2, layers.Constant(0))
		},
		avgPool: "avg_pool", maxPool: "max_pool",
		weights: twoFiles(weightsURL+"efficientnet_v2/", name, topMD5, noTopMD5),
	}
}

// efficientNetV2Preprocessing scales pixels of 0 to 255 as each network was
// trained: B0 to B3 with ImageNet's mean and variance.
func efficientNetV2Preprocessing(x layers.Symbol, base bool) layers.Symbol {
	if !base || channels(x) != 3 {
		return layers.Rescaling(1./128, -1).Apply(x)
	}
	x = layers.Rescaling(1./255, 0).Apply(x)
	variance := make([]float64, 3)
	for i, stddev := range imageNetStddev {
		variance[i] = stddev * stddev
	}
	return layers.Normalization().Statistics(imageNetMean, variance).Apply(x)
}

func (e efficientNetV2) body(x layers.Symbol) layers.Symbol {
	const momentum = 0.9
	x = layers.Conv2D(e.filters(e.stem), 3).Strides(2).Padding(layers.Same).WithoutBias().
		KernelInitializer(efficientConvInitializer).Named("stem_conv").Apply(x)
	x = efficientActivation(layers.BatchNormalization().Momentum(momentum).Named("stem_bn").Apply(x), "stem_")
	total, number := 0, 0
	for _, s := range e.stages {
		total += s.blocks // before it is made deeper: so does Keras
	}
	for i, s := range e.stages {
		for j := range int(math.Ceil(e.depth * float64(s.blocks))) {
			b := mobileBlock{
				prefix: fmt.Sprintf("block%d%c_", i+1, 'a'+j), depthwise: "dwconv2", filters: e.filters(s.filters),
				kernel: 3, expansion: s.expansion, stride: 1, squeezes: !s.fused, fused: s.fused,
				momentum: momentum, dropout: 0.2 * float64(number) / float64(total),
			}
			if j == 0 {
				b.stride = s.stride
			}
			x = b.apply(x)
			number++
		}
	}
	return efficientLast(x, e.filters(1280), momentum)
}

// filters is Keras' round_filters of the second version.
func (e efficientNetV2) filters(n int) int { return max(8, int(float64(n)*e.width+4)/8*8) }
