package layers

import "github.com/gomlx/gomlx/core/graph"

// MaxPooling2DLayer takes the maximum of each window and channel:
// (None, h, w, c) to (None, h', w', c).
type MaxPooling2DLayer struct{ pooling2D[*MaxPooling2DLayer] }

// MaxPooling2D makes the layer. The pool size is one value for a square, or
// height and width; Keras' default is 2. Strides default to the pool size for
// both paddings, padding to Valid. The gradient goes to the first maximum of a
// window in row-major order, as TensorFlow's does.
func MaxPooling2D(poolSize ...int) *MaxPooling2DLayer {
	l := &MaxPooling2DLayer{}
	l.init(l, "MaxPooling2D", poolSize)
	return l
}

// Call takes the maxima.
func (l *MaxPooling2DLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return l.of(in[0]).Max(in[0])
}
