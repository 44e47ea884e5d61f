package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// RandomGrayscaleLayer turns some images of a training batch gray, by chance;
// they keep their three channels. In inference it changes nothing. Images are
// (None, height, width, 3) or (None, height, width, 1).
// (keras/src/layers/preprocessing/image_preprocessing/random_grayscale.py)
type RandomGrayscaleLayer struct {
	Base[*RandomGrayscaleLayer]
	augmentation
	factor float64
}

func init() {
	RegisterLayer("RandomGrayscale", func(s *Settings) Layer {
		l := RandomGrayscale(s.Float("factor", 0.5))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomGrayscale makes the layer; factor in [0, 1] is the probability with
// which an image turns gray. Keras' default is 0.5.
func RandomGrayscale(factor float64) *RandomGrayscaleLayer {
	l := &RandomGrayscaleLayer{factor: factor}
	l.Init(l, "RandomGrayscale")
	if !(factor >= 0 && factor <= 1) {
		l.Invalid("factor must be between 0 and 1, got %g", factor)
	}
	return l
}

// OutputShape is the input's shape.
func (l *RandomGrayscaleLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := sameImage(in)
	if err == nil && s[2] != 1 && s[2] != 3 {
		return nil, fmt.Errorf("wants images of 3 channels or 1, got %v", s)
	}
	return s, err
}

// Call turns images gray in training.
func (l *RandomGrayscaleLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws which images turn gray.
func (l *RandomGrayscaleLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	u := c.Uniform(0, 1, batchOf(x))
	return []*graph.Node{graph.LessThan(u, constantLike(u, l.factor))}
}

func (l *RandomGrayscaleLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	return imagesWhere(drawn[0], graph.BroadcastToShape(toGray(x), x.Shape()), x)
}

// Config returns Keras' configuration of a RandomGrayscale, which leaves the
// seed out.
func (l *RandomGrayscaleLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	delete(c, "seed")
	c["factor"] = l.factor
	return c
}
