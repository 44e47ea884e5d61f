package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomCropLayer cuts a window of each image of a training batch, at a place
// of its own: (None, h, w, c) to (None, height, width, c). In inference it cuts
// the largest window of these proportions out of the middle and resizes.
// (keras/src/layers/preprocessing/image_preprocessing/random_crop.py)
type RandomCropLayer struct {
	Base[*RandomCropLayer]
	augmentation
	height, width int
}

func init() {
	RegisterLayer("RandomCrop", func(s *Settings) Layer {
		l := RandomCrop(s.Int("height", 0), s.Int("width", 0))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomCrop makes the layer; height and width of the window are at least 1.
//
// Keras 3.15 draws one place for the whole batch; here each image has its own.
// In inference Keras returns the image as it is, although that has another
// shape; here the layer does what Keras' documentation says. In training an
// image that is not larger than the window in both directions is cut where
// Keras cuts it, and resized bilinearly.
func RandomCrop(height, width int) *RandomCropLayer {
	l := &RandomCropLayer{height: height, width: width}
	l.Init(l, "RandomCrop")
	if height < 1 || width < 1 {
		l.Invalid("height and width must be at least 1, got %d and %d", height, width)
	}
	return l
}

// OutputShape is the window's.
func (l *RandomCropLayer) OutputShape(in []Shape) (Shape, error) {
	_, _, channels, err := oneImage(in)
	if err != nil {
		return nil, err
	}
	return Shape{l.height, l.width, channels}, nil
}

// Call cuts a window.
func (l *RandomCropLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	dims := x.Shape().Dimensions
	larger := dims[1] > l.height && dims[2] > l.width
	if larger && c.Training {
		return augment(c, l, x)
	}
	if dims[1] == l.height && dims[2] == l.width {
		return x
	}
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node { return l.resized(c, x) })
}

// draw draws the first row and column of each image's window.
func (l *RandomCropLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	dims := x.Shape().Dimensions
	start := func(length, window int) *graph.Node {
		places := c.Uniform(0, float64(length-window+1), dims[0])
		return graph.ConvertDType(graph.Floor(places), dtypes.Int32)
	}
	return []*graph.Node{start(dims[1], l.height), start(dims[2], l.width)}
}

func (l *RandomCropLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	return xla.Windows(x, drawn[0], drawn[1], l.height, l.width)
}

// resized cuts the largest window of the layer's proportions out of the middle,
// and resizes. In training Keras starts where that window starts but cuts the
// layer's height and width, as far as the image reaches.
func (l *RandomCropLayer) resized(c *Pass, x *graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	height := max(min(dims[1], dims[2]*l.height/l.width), 1)
	width := max(min(dims[2], dims[1]*l.width/l.height), 1)
	top, left := (dims[1]-height)/2, (dims[2]-width)/2
	if c.Training {
		height, width = min(l.height, dims[1]-top), min(l.width, dims[2]-left)
	}
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(top, top+height), graph.AxisRange(left, left+width))
	return Resizing(l.height, l.width).Call(c, []*graph.Node{x})
}

// Config returns Keras' configuration of a RandomCrop.
func (l *RandomCropLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["height"], c["width"] = l.height, l.width
	return c
}
