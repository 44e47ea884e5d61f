package layers

import "github.com/gomlx/gomlx/core/graph"

// CenterCropLayer cuts the middle out of images: (None, h, w, c) to (None,
// height, width, c).
type CenterCropLayer struct {
	Base[*CenterCropLayer]
	grid          grid
	height, width int
}

// CenterCrop makes the layer; height and width are at least 1. Images that are
// smaller along an axis are cut to the aspect ratio of the result and resized
// bilinearly, as Keras does.
func CenterCrop(height, width int) *CenterCropLayer {
	l := &CenterCropLayer{grid: grid{2, ChannelsLast}, height: height, width: width}
	l.Init(l, "CenterCrop")
	if height < 1 || width < 1 {
		l.Invalid("height and width must be at least 1, got %d and %d", height, width)
	}
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *CenterCropLayer) DataFormat(f DataFormat) *CenterCropLayer {
	refuse(l, l.grid.setFormat(f))
	return l
}

// OutputShape wants one image.
func (l *CenterCropLayer) OutputShape(in []Shape) (Shape, error) {
	_, channels, err := l.grid.read(in)
	return l.grid.shape([]int{l.height, l.width}, channels), err
}

// Call crops.
func (l *CenterCropLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return l.grid.computed(in[0], func(x *graph.Node) *graph.Node {
		d := x.Shape().Dimensions
		if d[1] >= l.height && d[2] >= l.width {
			return centered(x, l.height, l.width)
		}
		x = croppedToAspect(x, l.height, l.width)
		return sampling{interpolation: Bilinear}.resized(x, l.height, l.width)
	})
}

// Config returns Keras' configuration of a CenterCrop.
func (l *CenterCropLayer) Config() map[string]any {
	c := l.Base.Config()
	c["height"], c["width"], c["data_format"] = l.height, l.width, string(l.grid.format)
	return c
}

func init() {
	RegisterLayer("CenterCrop", func(s *Settings) Layer {
		return CenterCrop(s.Int("height", 0), s.Int("width", 0)).DataFormat(s.DataFormat())
	})
}
