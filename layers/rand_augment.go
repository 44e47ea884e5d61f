package layers

import "github.com/gomlx/gomlx/core/graph"

// RandAugmentLayer sends each image of a training batch through some layers
// that are drawn for it: a shear, a translation, a rotation, a change of
// brightness, color, contrast or sharpness, posterization, solarization,
// auto-contrast or equalization. In inference it changes nothing. Images are
// (None, height, width, 3).
// (keras/src/layers/preprocessing/image_preprocessing/rand_augment.py; Cubuk et
// al. 2019)
type RandAugmentLayer struct {
	Base[*RandAugmentLayer]
	chooser
	operations int
}

func init() {
	RegisterLayer("RandAugment", func(s *Settings) Layer {
		l := RandAugment(s.Floats("factor", 0.5)...).
			Operations(s.Int("num_ops", 2)).
			Interpolation(Interpolation(s.String("interpolation", string(Bilinear)))).
			ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandAugment makes the layer. The factor says how strongly the layers change
// images: it is given to each, as [0, factor] or as the range of two numbers,
// within [0, 1]. Keras' default is 0.5, and Keras' others are 2 operations and
// Bilinear. Keras 3.15 draws the operations once for the batch, here each image
// has its own.
func RandAugment(factor ...float64) *RandAugmentLayer {
	l := &RandAugmentLayer{operations: 2}
	l.Init(l, "RandAugment")
	l.chooser = newChooser(&l.state, factor)
	return l
}

// Operations sets how many layers an image goes through, one after the other.
// Default 2. A layer that is drawn twice does the same twice.
func (l *RandAugmentLayer) Operations(n int) *RandAugmentLayer {
	if n < 0 {
		l.Invalid("num_ops must be at least 0, got %d", n)
		n = 0
	}
	l.operations = n
	return l
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *RandAugmentLayer) Interpolation(i Interpolation) *RandAugmentLayer {
	l.interpolation = twoWays(&l.state, i)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandAugmentLayer) ValueRange(low, high float64) *RandAugmentLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// layers are those to choose from, in Keras' order.
func (l *RandAugmentLayer) layers() choice {
	return append(append(l.geometry(), l.light()...), l.tone()...)
}

// OutputShape is the input's shape.
func (l *RandAugmentLayer) OutputShape(in []Shape) (Shape, error) { return colorImage(in) }

// Call augments in training.
func (l *RandAugmentLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws each image's operations, and then what all layers need.
func (l *RandAugmentLayer) draw(c *Pass, x *graph.Node) (drawn []*graph.Node) {
	all := l.layers()
	for range l.operations {
		drawn = append(drawn, drawPlace(c, len(all), batchOf(x)))
	}
	return append(drawn, all.draw(c, x)...)
}

func (l *RandAugmentLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	all := l.layers()
	for _, numbers := range drawn[:l.operations] {
		x = all.apply(x, numbers, drawn[l.operations:], 1)
	}
	return x
}

// Config returns Keras' configuration of a RandAugment.
func (l *RandAugmentLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["num_ops"] = l.operations
	return c
}
