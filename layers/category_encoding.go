package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Encoding says how [CategoryEncoding] and [Discretization] write whole numbers.
type Encoding string

// The encodings, by Keras' names of output_mode.
const (
	EncodeInt      Encoding = "int"       // the numbers themselves; of Discretization alone
	EncodeOneHot   Encoding = "one_hot"   // each number as zeros and a 1 in its place
	EncodeMultiHot Encoding = "multi_hot" // 1 in the places of all numbers of an example
	EncodeCount    Encoding = "count"     // how often an example has each number
)

// check refuses other encodings, and those that a layer does not have.
func (e Encoding) check(allowed ...Encoding) error {
	if !slices.Contains(allowed, e) {
		return fmt.Errorf("output_mode wants one of %q, got %q", allowed, e)
	}
	return nil
}

// shape is the shape of encoded numbers: (places) in the place of a last axis of
// 1 or behind it for EncodeOneHot, and of one list of numbers for
// EncodeMultiHot and EncodeCount.
func (e Encoding) shape(s Shape, places int) (Shape, error) {
	switch {
	case e == EncodeInt:
		return s, nil
	case len(s) == 0:
		return nil, fmt.Errorf("wants examples of at least 1 axis, got %v", s)
	case e != EncodeOneHot && len(s) != 1:
		return nil, fmt.Errorf("output_mode %q wants a list of numbers, (None, n), got %v", e, s)
	case s[len(s)-1] == 1 || e != EncodeOneHot:
		s = s[:len(s)-1]
	}
	return append(s.Clone(), places), nil
}

// encode writes the numbers of x, int32 [batch, …]. A number without a place is
// zeros.
func (e Encoding) encode(x *graph.Node, places int, dtype dtypes.DType) *graph.Node {
	if e == EncodeInt {
		return graph.ConvertDType(x, dtype)
	}
	if e == EncodeOneHot && x.Shape().Dim(-1) == 1 {
		x = graph.Squeeze(x, -1)
	}
	y := graph.OneHot(x, places, dtype)
	switch e {
	case EncodeMultiHot:
		return graph.ReduceMax(y, 1)
	case EncodeCount:
		return graph.ReduceSum(y, 1)
	}
	return y
}

// CategoryEncodingLayer writes whole numbers as zeros and ones, or counts them.
// (keras/src/layers/preprocessing/category_encoding.py)
type CategoryEncodingLayer struct {
	Base[*CategoryEncodingLayer]
	tokens int
	mode   Encoding
}

func init() {
	RegisterLayer("CategoryEncoding", func(s *Settings) Layer {
		mode := s.String("output_mode", string(EncodeMultiHot))
		if mode == "binary" { // an older name
			mode = string(EncodeMultiHot)
		}
		s.Only("sparse", false)
		return CategoryEncoding(s.Int("num_tokens", 0)).Mode(Encoding(mode))
	})
}

// CategoryEncoding makes the layer for numbers from 0 to tokens-1. A number
// outside of these is left out. Keras' count_weights are not supported. Default
// EncodeMultiHot.
func CategoryEncoding(tokens int) *CategoryEncodingLayer {
	l := &CategoryEncodingLayer{tokens: tokens, mode: EncodeMultiHot}
	l.Init(l, "CategoryEncoding")
	if tokens < 1 {
		l.Invalid("num_tokens must be at least 1, got %d", tokens)
	}
	return l
}

// Mode sets how the numbers are written: EncodeMultiHot, EncodeOneHot or
// EncodeCount.
func (l *CategoryEncodingLayer) Mode(mode Encoding) *CategoryEncodingLayer {
	if err := mode.check(EncodeMultiHot, EncodeOneHot, EncodeCount); err != nil {
		l.Invalid("%w", err)
	}
	l.mode = mode
	return l
}

// OutputShape is (tokens), behind the input's axes for EncodeOneHot.
func (l *CategoryEncodingLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	return l.mode.shape(s, l.tokens)
}

// Call encodes.
func (l *CategoryEncodingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return l.mode.encode(graph.ConvertDType(in[0], dtypes.Int32), l.tokens, in[0].DType())
}

// Config returns Keras' configuration of a CategoryEncoding.
func (l *CategoryEncodingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["num_tokens"], c["output_mode"] = l.tokens, string(l.mode)
	return c
}
