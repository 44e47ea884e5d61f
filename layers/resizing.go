package layers

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// ResizingLayer resizes images: (None, h, w, c) to (None, height, width, c).
type ResizingLayer struct {
	Base[*ResizingLayer]
	grid          grid
	height, width int
	sampling      sampling
	crop, pad     bool // to the result's aspect ratio
	fill          float64
}

// Resizing makes the layer; height and width are at least 1. Samples lie at
// pixel centers and nothing is smoothed before shrinking, as in Keras and
// TensorFlow 2 (half_pixel_centers, antialias false). Interpolation defaults to
// Bilinear. Images are stretched where their aspect ratio is another one; see
// CropToAspectRatio and PadToAspectRatio.
func Resizing(height, width int) *ResizingLayer {
	l := &ResizingLayer{grid: grid{2, ChannelsLast}, height: height, width: width,
		sampling: sampling{interpolation: Bilinear}}
	l.Init(l, "Resizing")
	if height < 1 || width < 1 {
		l.Invalid("height and width must be at least 1, got %d and %d", height, width)
	}
	return l
}

// Interpolation sets the interpolation. Default Bilinear.
func (l *ResizingLayer) Interpolation(i Interpolation) *ResizingLayer {
	refuse(l, i.check())
	l.sampling.interpolation = i
	return l
}

// Antialias smooths images before they shrink: the interpolation's kernel
// becomes as much wider. Nearest and Area have no kernel and stay.
func (l *ResizingLayer) Antialias() *ResizingLayer {
	l.sampling.antialias = true
	return l
}

// CropToAspectRatio cuts off what the result's aspect ratio leaves no room for,
// at two sides alike, instead of stretching.
func (l *ResizingLayer) CropToAspectRatio() *ResizingLayer {
	l.crop = true
	return l.oneAspect()
}

// PadToAspectRatio adds borders of a value at two sides, instead of stretching.
// Keras' default of the value is 0.
func (l *ResizingLayer) PadToAspectRatio(value float64) *ResizingLayer {
	l.pad, l.fill = true, value
	return l.oneAspect()
}

func (l *ResizingLayer) oneAspect() *ResizingLayer {
	if l.crop && l.pad {
		l.Invalid("only one of CropToAspectRatio and PadToAspectRatio can be set")
	}
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *ResizingLayer) DataFormat(f DataFormat) *ResizingLayer {
	refuse(l, l.grid.setFormat(f))
	return l
}

// OutputShape wants one image.
func (l *ResizingLayer) OutputShape(in []Shape) (Shape, error) {
	_, channels, err := l.grid.read(in)
	return l.grid.shape([]int{l.height, l.width}, channels), err
}

// Call resizes.
func (l *ResizingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return l.grid.computed(in[0], func(x *graph.Node) *graph.Node {
		switch {
		case l.crop:
			x = croppedToAspect(x, l.height, l.width)
		case l.pad:
			x = paddedToAspect(x, l.height, l.width, l.fill)
		}
		return l.sampling.resized(x, l.height, l.width)
	})
}

// aspect returns the height and width that images of the given ones would have
// at the aspect ratio of the target: the height for their width, and the width
// for their height, rounded down.
func aspect(height, width, targetHeight, targetWidth int) (forWidth, forHeight int) {
	return int(float32(width*targetHeight) / float32(targetWidth)),
		int(float32(height*targetWidth) / float32(targetHeight))
}

// croppedToAspect cuts the middle out of images [batch, height, width,
// channels].
func croppedToAspect(x *graph.Node, targetHeight, targetWidth int) *graph.Node {
	d := x.Shape().Dimensions
	height, width := aspect(d[1], d[2], targetHeight, targetWidth)
	height, width = max(min(d[1], height), 1), max(min(d[2], width), 1)
	return centered(x, height, width)
}

// centered cuts out the middle, of two middles the first.
func centered(x *graph.Node, height, width int) *graph.Node {
	d := x.Shape().Dimensions
	top, left := (d[1]-height)/2, (d[2]-width)/2
	return graph.Slice(x, graph.AxisRange(), graph.AxisRange(top, top+height), graph.AxisRange(left, left+width),
		graph.AxisRange())
}

// paddedToAspect puts equal borders at two sides of images.
func paddedToAspect(x *graph.Node, targetHeight, targetWidth int, value float64) *graph.Node {
	d := x.Shape().Dimensions
	height, width := aspect(d[1], d[2], targetHeight, targetWidth)
	top, left := max(0, height-d[1])/2, max(0, width-d[2])/2
	if top == 0 && left == 0 {
		return x
	}
	return graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), value), compute.PadAxis{},
		compute.PadAxis{Start: top, End: top}, compute.PadAxis{Start: left, End: left}, compute.PadAxis{})
}

// Config returns Keras' configuration of a Resizing.
func (l *ResizingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["height"], c["width"], c["interpolation"] = l.height, l.width, string(l.sampling.interpolation)
	c["data_format"], c["antialias"] = string(l.grid.format), l.sampling.antialias
	c["crop_to_aspect_ratio"], c["pad_to_aspect_ratio"] = l.crop, l.pad
	c["fill_mode"], c["fill_value"] = "constant", l.fill
	return c
}

func init() {
	RegisterLayer("Resizing", func(s *Settings) Layer {
		s.Only("fill_mode", "constant")
		l := Resizing(s.Int("height", 0), s.Int("width", 0)).
			Interpolation(Interpolation(s.String("interpolation", string(Bilinear)))).
			DataFormat(s.DataFormat())
		l.fill = s.Float("fill_value", 0)
		if math.IsInf(l.fill, 0) || math.IsNaN(l.fill) {
			s.Fail("fill_value must be finite, got %g", l.fill)
		}
		if s.Bool("antialias", false) {
			l.Antialias()
		}
		if s.Bool("crop_to_aspect_ratio", false) {
			l.CropToAspectRatio()
		}
		if s.Bool("pad_to_aspect_ratio", false) {
			l.PadToAspectRatio(l.fill)
		}
		return l
	})
}
