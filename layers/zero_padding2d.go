package layers

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// ZeroPadding2DLayer adds rows and columns of zeros around an image:
// (None, h, w, c) to (None, top+h+bottom, left+w+right, c).
type ZeroPadding2DLayer struct {
	Base[*ZeroPadding2DLayer]
	pads [2][2]int // top and bottom, left and right
}

// ZeroPadding2D makes the layer. It takes one value for all sides, two
// (height, width), or four (top, bottom, left, right); each at least 0. Without
// a value it is Keras' default, 1.
func ZeroPadding2D(padding ...int) *ZeroPadding2DLayer {
	l := &ZeroPadding2DLayer{}
	l.Init(l, "ZeroPadding2D")
	switch p := padding; len(p) {
	case 0:
		l.pads = [2][2]int{{1, 1}, {1, 1}}
	case 1:
		l.pads = [2][2]int{{p[0], p[0]}, {p[0], p[0]}}
	case 2:
		l.pads = [2][2]int{{p[0], p[0]}, {p[1], p[1]}}
	case 4:
		l.pads = [2][2]int{{p[0], p[1]}, {p[2], p[3]}}
	default:
		l.Invalid("padding wants 1, 2 or 4 values, got %v", p)
	}
	for _, p := range padding {
		if p < 0 {
			l.Invalid("padding must be at least 0, got %v", padding)
		}
	}
	return l
}

// OutputShape wants one image.
func (l *ZeroPadding2DLayer) OutputShape(in []Shape) (Shape, error) {
	h, w, channels, err := oneImage(in)
	return Shape{h + l.pads[0][0] + l.pads[0][1], w + l.pads[1][0] + l.pads[1][1], channels}, err
}

// Call pads.
func (l *ZeroPadding2DLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), compute.PadAxis{},
		compute.PadAxis{Start: l.pads[0][0], End: l.pads[0][1]},
		compute.PadAxis{Start: l.pads[1][0], End: l.pads[1][1]}, compute.PadAxis{})
}

// Config returns Keras' configuration of a ZeroPadding2D.
func (l *ZeroPadding2DLayer) Config() map[string]any {
	c := l.Base.Config()
	c["padding"], c["data_format"] = l.pads, "channels_last"
	return c
}
