package layers

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Interpolation is how Resizing finds values between pixels.
type Interpolation string

const (
	// Bilinear weighs the four neighbours by their distance.
	Bilinear Interpolation = "bilinear"
	// Nearest takes the pixel whose area the sample lies in.
	Nearest Interpolation = "nearest"
)

// ResizingLayer resizes images: (None, h, w, c) to (None, height, width, c).
type ResizingLayer struct {
	Base[*ResizingLayer]
	height, width int
	interpolation Interpolation
}

// Resizing makes the layer; height and width are at least 1. Samples lie at
// pixel centers and nothing is smoothed before shrinking, as in Keras and
// TensorFlow 2 (half_pixel_centers, antialias false). Interpolation defaults to
// Bilinear.
func Resizing(height, width int) *ResizingLayer {
	l := &ResizingLayer{height: height, width: width, interpolation: Bilinear}
	l.Init(l, "Resizing")
	if height < 1 || width < 1 {
		l.Invalid("height and width must be at least 1, got %d and %d", height, width)
	}
	return l
}

// Interpolation sets the interpolation: Bilinear (default) or Nearest.
func (l *ResizingLayer) Interpolation(i Interpolation) *ResizingLayer {
	if i != Bilinear && i != Nearest {
		l.Invalid("interpolation must be %q or %q, got %q", Bilinear, Nearest, i)
	}
	l.interpolation = i
	return l
}

// OutputShape wants one image.
func (l *ResizingLayer) OutputShape(in []Shape) (Shape, error) {
	_, _, channels, err := oneImage(in)
	return Shape{l.height, l.width, channels}, err
}

// Call resizes by one matrix product an axis: both interpolations are linear
// in the pixels and separable. The gradient is the transposed product, right
// for every size (GoMLX's Interpolate has none for 3 pixels and fewer).
func (l *ResizingLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	dims := x.Shape().Dimensions
	if dims[1] != l.height {
		rows := l.weights(c, x, dims[1], l.height) // [height, h]
		x = graph.Einsum("nhwc,yh->nywc", x, rows)
	}
	if dims[2] != l.width {
		x = graph.Einsum("nywc,xw->nyxc", x, l.weights(c, x, dims[2], l.width))
	}
	return x
}

// weights returns the matrix [to, from] that resizes one axis.
func (l *ResizingLayer) weights(c *Pass, x *graph.Node, from, to int) *graph.Node {
	w := make([]float32, to*from)
	scale := float64(from) / float64(to)
	for i := range to {
		centre := (float64(i) + 0.5) * scale
		if l.interpolation == Nearest {
			w[i*from+min(int(centre), from-1)] = 1
			continue
		}
		low := math.Floor(centre - 0.5)
		part := float32(centre - 0.5 - low)
		w[i*from+clamp(int(low), from)] += 1 - part
		w[i*from+clamp(int(low)+1, from)] += part
	}
	return graph.ConvertDType(graph.ConstTensor(c.Graph, tensors.FromFlatDataAndDimensions(w, to, from)), x.DType())
}

// clamp moves an index into [0, n).
func clamp(i, n int) int { return max(0, min(i, n-1)) }

// Config returns Keras' configuration of a Resizing.
func (l *ResizingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["height"], c["width"], c["interpolation"] = l.height, l.width, string(l.interpolation)
	c["data_format"] = "channels_last"
	c["crop_to_aspect_ratio"], c["pad_to_aspect_ratio"], c["antialias"] = false, false, false
	c["fill_mode"], c["fill_value"] = "constant", 0.0
	return c
}
