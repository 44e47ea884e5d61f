package layers

import "github.com/gomlx/gomlx/core/graph"

// MaxPooling2DLayer takes the maximum of each window and channel:
// (None, h, w, c) to (None, h', w', c).
type MaxPooling2DLayer struct {
	Base[*MaxPooling2DLayer]
	pooling2D
}

// MaxPooling2D makes the layer. The pool size is one value for a square, or
// height and width; Keras' default is 2. Strides default to the pool size for
// both paddings, padding to Valid. The gradient goes to the first maximum of a
// window in row-major order, as TensorFlow's does.
func MaxPooling2D(poolSize ...int) *MaxPooling2DLayer {
	l := &MaxPooling2DLayer{}
	l.Init(l, "MaxPooling2D")
	l.pooling2D = newPooling2D(l.core(), poolSize)
	return l
}

// Strides sets the step of the window. Default: the pool size.
func (l *MaxPooling2DLayer) Strides(strides ...int) *MaxPooling2DLayer {
	l.setStrides(l.core(), strides)
	return l
}

// Padding sets the padding: Valid (default) or Same. Padded positions never
// win.
func (l *MaxPooling2DLayer) Padding(p PaddingMode) *MaxPooling2DLayer {
	l.setPadding(l.core(), p)
	return l
}

// Call takes the maxima.
func (l *MaxPooling2DLayer) Call(_ *Call, in []*graph.Node) *graph.Node {
	return l.of(in[0]).Max(in[0])
}

// Config returns Keras' configuration of a MaxPooling2D.
func (l *MaxPooling2DLayer) Config() map[string]any { return l.addConfig(l.config()) }
