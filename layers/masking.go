package layers

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// MaskingLayer says which steps of a sequence count: (None, steps, …) to the
// same, with a mask for the layers behind. See [Masker].
// (keras/src/layers/core/masking.py)
type MaskingLayer struct {
	Base[*MaskingLayer]
	value float64
}

func init() {
	RegisterLayer("Masking", func(s *Settings) Layer { return Masking(s.Float("mask_value", 0)) })
}

// Masking makes a layer that leaves out the steps whose numbers are all equal
// to a value, 0 in Keras.
func Masking(value float64) *MaskingLayer {
	l := &MaskingLayer{value: value}
	l.Init(l, "Masking")
	if math.IsNaN(value) {
		l.Invalid("mask_value must be a number, got NaN, which equals nothing")
	}
	return l
}

// OutputShape is the input's.
func (l *MaskingLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err == nil && len(s) < 2 {
		err = fmt.Errorf("wants sequences (None, steps, …), got %v", s)
	}
	return s, err
}

// counts is the mask, with an axis of 1 for the last one of x.
func (l *MaskingLayer) counts(x *graph.Node) *graph.Node {
	differs := graph.NotEqual(x, graph.Scalar(x.Graph(), x.DType(), l.value))
	return graph.GreaterThan(graph.ReduceAndKeep(graph.ConvertDType(differs, dtypes.Int32), graph.ReduceMax, -1),
		graph.ScalarZero(x.Graph(), dtypes.Int32))
}

// Call makes the steps that do not count zeros.
func (l *MaskingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	return graph.Where(graph.BroadcastToShape(l.counts(x), withDType(x, dtypes.Bool)), x, graph.ZerosLike(x))
}

// OutputMask tells which steps count.
func (l *MaskingLayer) OutputMask(_ *Pass, in, _ []*graph.Node) *graph.Node {
	return graph.StopGradient(graph.Squeeze(l.counts(in[0]), -1))
}

// withDType is x's shape with another type.
func withDType(x *graph.Node, dtype dtypes.DType) shapes.Shape {
	return shapes.Make(dtype, x.Shape().Dimensions...)
}

// Config returns Keras' configuration of a Masking.
func (l *MaskingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["mask_value"] = l.value
	return c
}
