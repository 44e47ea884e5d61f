package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// AlternatingFlipLayer mirrors each image of a training batch in every other
// epoch. In inference it changes nothing. Images are (None, height, width,
// channels).
type AlternatingFlipLayer struct {
	Base[*AlternatingFlipLayer]
	augmentation
}

func init() {
	RegisterLayer("gocifar>AlternatingFlip", func(s *Settings) Layer {
		l := AlternatingFlip()
		l.augmentation = readAugmentation(s)
		return l
	})
}

// AlternatingFlip makes the layer: an image is mirrored from left to right in
// the even epochs or in the odd ones, which of them chance decides once for each
// image (Jordan 2024, arXiv:2404.00498). Where [RandomFlip] shows an image twice
// the same way in half of all pairs of epochs, two epochs here always show both
// ways. Keras has no such layer.
//
// It has to know an image again, so it trains in Fit on [Examples], which are in
// memory; on another [Source] Fit refuses it.
func AlternatingFlip() *AlternatingFlipLayer {
	l := &AlternatingFlipLayer{}
	l.Init(l, "gocifar>AlternatingFlip")
	return l
}

// OutputShape is the input's shape.
func (l *AlternatingFlipLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call mirrors in training.
func (l *AlternatingFlipLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw says which images are mirrored in this epoch.
func (l *AlternatingFlipLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	bits, epoch := c.ExampleBits(), c.Epoch()
	if bits == nil {
		panic(fmt.Errorf("layers: layer %s trains in Fit alone, on examples in memory (layers.Examples), which it knows "+
			"again in each epoch; those of another Source it does not: use RandomFlip there", l.Name()))
	}
	parity := graph.Add(graph.BitwiseShiftRightLogicalScalar(bits, uint32(31)), graph.ConvertDType(epoch, bits.DType()))
	return []*graph.Node{graph.Equal(graph.BitwiseAnd(parity, graph.OnesLike(parity)), graph.OnesLike(parity))}
}

func (l *AlternatingFlipLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	return imagesWhere(drawn[0], graph.Reverse(x, 2), x)
}

// Config returns the configuration of an AlternatingFlip.
func (l *AlternatingFlipLayer) Config() map[string]any { return l.addTo(l.Base.Config()) }
