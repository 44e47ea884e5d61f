package layers

import "github.com/gomlx/gomlx/core/graph"

// FlipMode says over which axes RandomFlip mirrors.
type FlipMode string

// The modes by Keras' names.
const (
	Horizontal            FlipMode = "horizontal"              // left and right change places
	Vertical              FlipMode = "vertical"                // top and bottom change places
	HorizontalAndVertical FlipMode = "horizontal_and_vertical" // both at once
)

// RandomFlipLayer mirrors every other image of a training batch, by chance. In
// inference it changes nothing. Images are (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_flip.py)
type RandomFlipLayer struct {
	Base[*RandomFlipLayer]
	augmentation
	mode FlipMode
}

func init() {
	RegisterLayer("RandomFlip", func(s *Settings) Layer {
		l := RandomFlip(FlipMode(s.String("mode", string(HorizontalAndVertical))))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomFlip makes the layer. Each image is mirrored with probability 1/2; with
// HorizontalAndVertical over both axes at once, as Keras does, which turns it
// by 180 degrees.
func RandomFlip(mode FlipMode) *RandomFlipLayer {
	l := &RandomFlipLayer{mode: mode}
	l.Init(l, "RandomFlip")
	if mode != Horizontal && mode != Vertical && mode != HorizontalAndVertical {
		l.Invalid("mode wants %q, %q or %q, got %q", Horizontal, Vertical, HorizontalAndVertical, mode)
	}
	return l
}

// OutputShape is the input's shape.
func (l *RandomFlipLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call mirrors in training.
func (l *RandomFlipLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws whether each image is mirrored.
func (l *RandomFlipLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	u := c.Uniform(0, 1, batchOf(x))
	return []*graph.Node{graph.LessThan(u, graph.Scalar(c.Graph, u.DType(), 0.5))}
}

func (l *RandomFlipLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	axes := map[FlipMode][]int{Horizontal: {2}, Vertical: {1}, HorizontalAndVertical: {1, 2}}[l.mode]
	return imagesWhere(drawn[0], graph.Reverse(x, axes...), x)
}

// Config returns Keras' configuration of a RandomFlip.
func (l *RandomFlipLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["mode"] = string(l.mode)
	return c
}
