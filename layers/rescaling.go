package layers

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// RescalingLayer is x*scale + offset; the shape stays.
type RescalingLayer struct {
	Base[*RescalingLayer]
	scale, offset float64
}

// Rescaling makes the layer: Rescaling(1.0/127.5, -1) maps bytes to [-1, 1].
// Both values must be finite.
func Rescaling(scale, offset float64) *RescalingLayer {
	l := &RescalingLayer{scale: scale, offset: offset}
	l.Init(l, "Rescaling")
	for _, v := range []float64{scale, offset} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			l.Invalid("scale and offset must be finite, got %g and %g", scale, offset)
		}
	}
	return l
}

// OutputShape is the input's shape.
func (l *RescalingLayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call scales.
func (l *RescalingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return graph.AddScalar(graph.MulScalar(in[0], l.scale), l.offset)
}

// Config returns Keras' configuration of a Rescaling.
func (l *RescalingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["scale"], c["offset"] = l.scale, l.offset
	return c
}
