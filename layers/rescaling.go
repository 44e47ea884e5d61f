package layers

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// RescalingLayer is x*scale + offset; the shape stays.
type RescalingLayer struct {
	Base[*RescalingLayer]
	scale, offset []float64 // one number, or one for each channel
}

// Rescaling makes the layer: Rescaling(1.0/127.5, -1) maps bytes to [-1, 1].
// Both values must be finite.
func Rescaling(scale, offset float64) *RescalingLayer {
	return RescalingByChannel([]float64{scale}, []float64{offset})
}

// RescalingByChannel is Rescaling with a scale and an offset for each channel,
// which is the last axis. Either list may have one number that counts for all.
func RescalingByChannel(scale, offset []float64) *RescalingLayer {
	l := &RescalingLayer{scale: slices.Clone(scale), offset: slices.Clone(offset)}
	l.Init(l, "Rescaling")
	if len(scale) == 0 || len(offset) == 0 {
		l.Invalid("wants at least one scale and one offset, got %v and %v", scale, offset)
	}
	for _, v := range slices.Concat(scale, offset) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			l.Invalid("scale and offset must be finite, got %v and %v", scale, offset)
		}
	}
	return l
}

func readRescaling(s *Settings) Layer {
	return RescalingByChannel(s.Floats("scale", 1), s.Floats("offset", 0))
}

// OutputShape is the input's shape.
func (l *RescalingLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	for _, list := range [][]float64{l.scale, l.offset} {
		if n := len(list); n > 1 && (len(s) == 0 || s[len(s)-1] != n) {
			return nil, fmt.Errorf("has scales or offsets for %d channels, got an input of shape %v", n, s)
		}
	}
	return s, nil
}

// Call scales.
func (l *RescalingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	if len(l.scale) == 1 {
		x = graph.MulScalar(x, l.scale[0])
	} else {
		x = graph.Mul(x, alongChannels(x, l.scale))
	}
	if len(l.offset) == 1 {
		return graph.AddScalar(x, l.offset[0])
	}
	return graph.Add(x, alongChannels(x, l.offset))
}

// alongChannels is a constant of one value for each channel of x.
func alongChannels(x *graph.Node, values []float64) *graph.Node {
	constant := graph.ConvertDType(graph.Const(x.Graph(), values), x.DType())
	return graph.ExpandLeftToRank(constant, x.Rank())
}

// Config returns Keras' configuration of a Rescaling.
func (l *RescalingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["scale"], c["offset"] = oneOrMany(l.scale), oneOrMany(l.offset)
	return c
}

// oneOrMany is a number, or a list of several.
func oneOrMany(values []float64) any {
	if len(values) == 1 {
		return values[0]
	}
	return values
}
