package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// caffeMeans are ImageNet's mean blue, green and red.
var caffeMeans = []float32{103.939, 116.779, 123.68}

// CaffePreprocessingLayer turns RGB pixels of 0 to 255 into what the networks
// trained with Caffe read: channels in the order blue, green, red, each
// without ImageNet's mean (103.939, 116.779, 123.68), not scaled. Keras has no
// layer for it: there it is the function vgg16.preprocess_input
// (keras/src/applications/imagenet_utils.py, mode "caffe").
type CaffePreprocessingLayer struct {
	Base[*CaffePreprocessingLayer]
}

// CaffePreprocessing makes the layer.
func CaffePreprocessing() *CaffePreprocessingLayer {
	l := &CaffePreprocessingLayer{}
	l.Init(l, "CaffePreprocessing")
	return l
}

// OutputShape is the input's shape, which must have 3 channels.
func (l *CaffePreprocessingLayer) OutputShape(in []Shape) (Shape, error) {
	if len(in) != 1 || len(in[0]) != 3 || in[0][2] != 3 {
		return nil, fmt.Errorf("wants images (None, height, width, 3), got %v", in)
	}
	return in[0], nil
}

// Call reorders and centers the channels. The reordering is made of slices and
// a concatenation because GoMLX's Reverse has no gradient.
func (l *CaffePreprocessingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	channel := func(c int) *graph.Node {
		return graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(), graph.AxisRange(c, c+1))
	}
	bgr := graph.Concatenate([]*graph.Node{channel(2), channel(1), channel(0)}, -1)
	means := graph.ConvertDType(graph.Const(x.Graph(), caffeMeans), x.DType())
	return graph.Sub(bgr, graph.ExpandLeftToRank(means, x.Rank()))
}

// Config returns the layer's name and whether it is trainable; it has no
// settings.
func (l *CaffePreprocessingLayer) Config() map[string]any { return l.config() }
