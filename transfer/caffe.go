package transfer

import (
	"fmt"

	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/gomlx/core/graph"
)

// caffeMeans are ImageNet's mean blue, green and red.
var caffeMeans = []float32{103.939, 116.779, 123.68}

// caffePreprocessing is Keras' preprocess_input in mode "caffe"
// (keras/src/applications/imagenet_utils.py), which turns RGB pixels of 0 to
// 255 into what the networks trained with Caffe read: channels in the order
// blue, green, red, each without ImageNet's mean, not scaled. In Keras it is a
// function, and no layer.
type caffePreprocessing struct {
	layers.Base[*caffePreprocessing]
}

func newCaffePreprocessing() layers.Layer {
	l := &caffePreprocessing{}
	l.Init(l, "gocifar>CaffePreprocessing")
	return l
}

func init() {
	read := func(*layers.Settings) layers.Layer { return newCaffePreprocessing() }
	layers.RegisterLayer("gocifar>CaffePreprocessing", read)
	layers.RegisterLayer("CaffePreprocessing", read) // of files that were saved before the layer had a package's name
}

// OutputShape is the input's shape, which must have 3 channels.
func (l *caffePreprocessing) OutputShape(in []layers.Shape) (layers.Shape, error) {
	if len(in) != 1 || len(in[0]) != 3 || in[0][2] != 3 {
		return nil, fmt.Errorf("wants images (None, height, width, 3), got %v", in)
	}
	return in[0], nil
}

// Call reorders and centers the channels. The reordering is made of slices and
// a concatenation because GoMLX's Reverse has no gradient.
func (l *caffePreprocessing) Call(_ *layers.Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	channel := func(c int) *graph.Node {
		return graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(), graph.AxisRange(c, c+1))
	}
	bgr := graph.Concatenate([]*graph.Node{channel(2), channel(1), channel(0)}, -1)
	means := graph.ConvertDType(graph.Const(x.Graph(), caffeMeans), x.DType())
	return graph.Sub(bgr, graph.ExpandLeftToRank(means, x.Rank()))
}
