package layers

import "github.com/gomlx/gomlx/core/graph"

// FlattenLayer makes one axis of all but the batch axis, in row-major order:
// (None, h, w, c) to (None, h*w*c).
type FlattenLayer struct{ Base[*FlattenLayer] }

// Flatten makes the layer.
func Flatten() *FlattenLayer {
	l := &FlattenLayer{}
	l.Init(l, "Flatten")
	return l
}

// OutputShape is one axis of all values.
func (l *FlattenLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	return Shape{s.Size()}, err
}

// Call reshapes.
func (l *FlattenLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	shape := in[0].Shape().Dimensions
	return graph.Reshape(in[0], shape[0], Shape(shape[1:]).Size())
}

// Config returns Keras' configuration of a Flatten.
func (l *FlattenLayer) Config() map[string]any {
	c := l.Base.Config()
	c["data_format"] = "channels_last"
	return c
}
