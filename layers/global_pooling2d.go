package layers

import "github.com/gomlx/gomlx/core/graph"

// GlobalMaxPooling2DLayer takes the maximum of each channel over the image:
// (None, h, w, c) to (None, c).
type GlobalMaxPooling2DLayer struct {
	Base[*GlobalMaxPooling2DLayer]
	globalPooling2D
}

// GlobalMaxPooling2D makes the layer. Several equal maxima share the gradient
// evenly, as in TensorFlow; after a ReLU, zeros often tie.
func GlobalMaxPooling2D() *GlobalMaxPooling2DLayer {
	l := &GlobalMaxPooling2DLayer{}
	l.Init(l, "GlobalMaxPooling2D")
	return l
}

// Call takes the maxima.
func (l *GlobalMaxPooling2DLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	// GoMLX's ReduceMax gives every tied maximum the full gradient. The
	// identity below stands before it in the backward pass and divides by the
	// number of ties.
	x := graph.IdentityWithCustomGradient(in[0], func(x, v *graph.Node) *graph.Node {
		tied := graph.ConvertDType(graph.Equal(x, graph.ReduceAndKeep(x, graph.ReduceMax, 1, 2)), x.DType())
		return graph.Div(v, graph.ReduceAndKeep(tied, graph.ReduceSum, 1, 2))
	})
	return graph.ReduceMax(x, 1, 2)
}

// Config returns Keras' configuration of a GlobalMaxPooling2D.
func (l *GlobalMaxPooling2DLayer) Config() map[string]any { return l.addConfig(l.Base.Config()) }

// GlobalAveragePooling2DLayer takes the mean of each channel over the image:
// (None, h, w, c) to (None, c).
type GlobalAveragePooling2DLayer struct {
	Base[*GlobalAveragePooling2DLayer]
	globalPooling2D
}

// GlobalAveragePooling2D makes the layer.
func GlobalAveragePooling2D() *GlobalAveragePooling2DLayer {
	l := &GlobalAveragePooling2DLayer{}
	l.Init(l, "GlobalAveragePooling2D")
	return l
}

// Call takes the means.
func (l *GlobalAveragePooling2DLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return graph.ReduceMean(in[0], 1, 2)
}

// Config returns Keras' configuration of a GlobalAveragePooling2D.
func (l *GlobalAveragePooling2DLayer) Config() map[string]any { return l.addConfig(l.Base.Config()) }

// globalPooling2D is what both have in common.
type globalPooling2D struct{}

// OutputShape wants one image and keeps its channels.
func (globalPooling2D) OutputShape(in []Shape) (Shape, error) {
	_, _, channels, err := oneImage(in)
	return Shape{channels}, err
}

func (globalPooling2D) addConfig(c map[string]any) map[string]any {
	c["data_format"], c["keepdims"] = "channels_last", false
	return c
}
