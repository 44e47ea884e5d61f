package layers

import "github.com/gomlx/gomlx/core/graph"

// AveragePooling2DLayer takes the mean of each window and channel:
// (None, h, w, c) to (None, h', w', c).
type AveragePooling2DLayer struct {
	Base[*AveragePooling2DLayer]
	pooling2D
}

// AveragePooling2D makes the layer. The pool size is one value for a square,
// or height and width; none means 2. Strides default to the pool size
// for both paddings, padding to Valid.
func AveragePooling2D(poolSize ...int) *AveragePooling2DLayer {
	l := &AveragePooling2DLayer{}
	l.Init(l, "AveragePooling2D")
	l.pooling2D = newPooling2D(l.core(), poolSize)
	return l
}

// Strides sets the step of the window. Default: the pool size.
func (l *AveragePooling2DLayer) Strides(strides ...int) *AveragePooling2DLayer {
	l.setStrides(l.core(), strides)
	return l
}

// Padding sets the padding: Valid (default) or Same. Padded positions do not
// count: a window at the border is the mean of the pixels it has.
func (l *AveragePooling2DLayer) Padding(p PaddingMode) *AveragePooling2DLayer {
	l.setPadding(l.core(), p)
	return l
}

// Call takes the means.
func (l *AveragePooling2DLayer) Call(_ *Call, in []*graph.Node) *graph.Node {
	return l.of(in[0]).Average(in[0])
}

// Config returns Keras' configuration of an AveragePooling2D.
func (l *AveragePooling2DLayer) Config() map[string]any { return l.addConfig(l.config()) }
