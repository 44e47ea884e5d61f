package layers

import "github.com/gomlx/gomlx/core/graph"

// AveragePooling2DLayer takes the mean of each window and channel:
// (None, h, w, c) to (None, h', w', c).
type AveragePooling2DLayer struct {
	pooling2D[*AveragePooling2DLayer]
}

// AveragePooling2D makes the layer. The pool size is one value for a square,
// or height and width; none means 2. Strides default to the pool size
// for both paddings, padding to Valid.
func AveragePooling2D(poolSize ...int) *AveragePooling2DLayer {
	l := &AveragePooling2DLayer{}
	l.init(l, "AveragePooling2D", poolSize)
	return l
}

// Call takes the means.
func (l *AveragePooling2DLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return l.of(in[0]).Average(in[0])
}
