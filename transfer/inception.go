package transfer

import (
	"context"

	"github.com/gocifar/gocifar/layers"
)

// InceptionV3 builds the network of Szegedy et al., "Rethinking the Inception
// Architecture for Computer Vision" (arXiv:1512.00567): 21,802,784 parameters
// without top. Images are at least 75x75: see Config.Resize for smaller ones.
// Taps: mixed0 to mixed10. (keras/src/applications/inception_v3.py)
func InceptionV3(ctx context.Context, c Config) (*Backbone, error) { return inceptionV3.build(ctx, c) }

var inceptionV3 = &network{
	name: "inception_v3", title: "InceptionV3", defaultSize: 299, minSize: 75,
	body:       inceptionBody,
	top:        averageTop,
	preprocess: tfPreprocessing,
	weights: kernels("inception_v3/", "inception_v3",
		"9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
}

// step is one element of a branch.
type step interface {
	apply(x layers.Symbol) layers.Symbol
}

// branch is a chain of steps.
type branch []step

// mixed is a block: branches that read the same input and whose results are
// concatenated. It is named only where Keras names it.
type mixed struct {
	name     string
	branches []branch
}

// conv is a convolution without bias, batch normalization without gamma, and
// ReLU: Keras' conv2d_bn.
type conv struct {
	filters, rows, cols int
	stride              int
	padding             layers.PaddingMode
}

func same(filters, rows, cols int) conv  { return conv{filters, rows, cols, 1, layers.Same} }
func valid(filters, rows, cols int) conv { return conv{filters, rows, cols, 1, layers.Valid} }
func half(filters, rows, cols int) conv  { return conv{filters, rows, cols, 2, layers.Valid} }

// pool is a pooling of 3x3 windows.
type pool int

const (
	average pool = iota // the mean around each pixel, same size
	maximum             // the maximum of every other window, half the size
)

// The network from top to bottom. The sizes are those of 299x299 images, then
// of 75x75 images.
var (
	inceptionStem = branch{
		half(32, 3, 3), valid(32, 3, 3), same(64, 3, 3), maximum, // 73, 17
		valid(80, 1, 1), valid(192, 3, 3), maximum, // 35, 7
	}
	inceptionBlocks = []mixed{
		inceptionA("mixed0", 32), // 35, 7
		inceptionA("mixed1", 64),
		inceptionA("mixed2", 64),
		{"mixed3", []branch{ // 17, 3
			{half(384, 3, 3)},
			{same(64, 1, 1), same(96, 3, 3), half(96, 3, 3)},
			{maximum},
		}},
		inceptionB("mixed4", 128),
		inceptionB("mixed5", 160),
		inceptionB("mixed6", 160),
		inceptionB("mixed7", 192),
		{"mixed8", []branch{ // 8, 1
			{same(192, 1, 1), half(320, 3, 3)},
			{same(192, 1, 1), same(192, 1, 7), same(192, 7, 1), half(192, 3, 3)},
			{maximum},
		}},
		inceptionC("mixed9", "mixed9_0"),
		inceptionC("mixed10", "mixed9_1"),
	}
)

// inceptionA looks at 1x1, 5x5 and twice 3x3 pixels (figure 5 of the paper).
func inceptionA(name string, pooled int) mixed {
	return mixed{name, []branch{
		{same(64, 1, 1)},
		{same(48, 1, 1), same(64, 5, 5)},
		{same(64, 1, 1), same(96, 3, 3), same(96, 3, 3)},
		{average, same(pooled, 1, 1)},
	}}
}

// inceptionB factors 7x7 windows into rows and columns (figure 6).
func inceptionB(name string, f int) mixed {
	return mixed{name, []branch{
		{same(192, 1, 1)},
		{same(f, 1, 1), same(f, 1, 7), same(192, 7, 1)},
		{same(f, 1, 1), same(f, 7, 1), same(f, 1, 7), same(f, 7, 1), same(192, 1, 7)},
		{average, same(192, 1, 1)},
	}}
}

// inceptionC widens the filter bank: two branches split again (figure 7).
func inceptionC(name, split string) mixed {
	rowAndColumn := []branch{{same(384, 1, 3)}, {same(384, 3, 1)}}
	return mixed{name, []branch{
		{same(320, 1, 1)},
		{same(384, 1, 1), mixed{split, rowAndColumn}},
		{same(448, 1, 1), same(384, 3, 3), mixed{"", rowAndColumn}},
		{average, same(192, 1, 1)},
	}}
}

func inceptionBody(x layers.Symbol, _ Config) layers.Symbol {
	x = inceptionStem.apply(x)
	for _, block := range inceptionBlocks {
		x = block.apply(x)
	}
	return x
}

func (b branch) apply(x layers.Symbol) layers.Symbol {
	for _, s := range b {
		x = s.apply(x)
	}
	return x
}

func (m mixed) apply(x layers.Symbol) layers.Symbol {
	var results layers.Symbols
	for _, b := range m.branches {
		results = append(results, b.apply(x))
	}
	return named(layers.Concatenate(), m.name).Apply(results...)
}

func (c conv) apply(x layers.Symbol) layers.Symbol {
	x = layers.Conv2D(c.filters, c.rows, c.cols).Strides(c.stride).Padding(c.padding).WithoutBias().Apply(x)
	x = layers.BatchNormalization().WithoutScale().Apply(x)
	return layers.Activation(layers.Relu).Apply(x)
}

func (p pool) apply(x layers.Symbol) layers.Symbol {
	if p == average {
		return layers.AveragePooling2D(3).Strides(1).Padding(layers.Same).Apply(x)
	}
	return layers.MaxPooling2D(3).Strides(2).Apply(x)
}
