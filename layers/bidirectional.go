package layers

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// MergeMode says what Bidirectional makes of the outputs of both directions.
type MergeMode string

// The modes by Keras' names.
const (
	MergeConcat MergeMode = "concat" // one behind the other: twice the units
	MergeSum    MergeMode = "sum"
	MergeMul    MergeMode = "mul"
	MergeAve    MergeMode = "ave"
)

// BidirectionalLayer walks along a sequence in both directions, each with a
// layer of its own. Variables: those of the forward layer, then of the backward
// one.
// (keras/src/layers/rnn/bidirectional.py)
type BidirectionalLayer struct {
	Base[*BidirectionalLayer]
	forward, backward *wrapped
	merge             MergeMode
}

func init() {
	RegisterLayer("Bidirectional", func(s *Settings) Layer {
		l := &BidirectionalLayer{}
		l.Init(l, "Bidirectional")
		if l.merge = MergeMode(s.String("merge_mode", "")); l.merge == "" {
			s.Fail("merge_mode = null is not supported: a layer here has one result")
		}
		l.forward = readWrapped(s, "layer", "forward_layer")
		if _, given := s.values["backward_layer"].(map[string]any); given {
			l.backward = readWrapped(s, "backward_layer", "backward_layer")
		} else if l.forward != nil {
			l.complete(l.forward)
		}
		if l.forward != nil && l.backward != nil {
			l.check()
		}
		return l
	})
}

// Bidirectional makes the layer of an [LSTM], a [GRU] or a [SimpleRNN], which
// gives the settings of both directions and is not used itself. Default
// MergeConcat.
func Bidirectional(layer Layer) *BidirectionalLayer {
	l := &BidirectionalLayer{merge: MergeConcat}
	l.Init(l, "Bidirectional")
	if layer == nil {
		l.Invalid("wants a layer, got nil")
		return l
	}
	if err := layer.core().err; err != nil {
		l.Invalid("layer %s: %w", describe(layer), err)
		return l
	}
	l.complete(&wrapped{layer: layer})
	l.check()
	return l
}

// complete makes the layers of both directions from one.
func (l *BidirectionalLayer) complete(of *wrapped) {
	if _, ok := of.layer.(recurrentLayer); !ok {
		l.Invalid("wants a recurrent layer, got %s", describe(of.layer))
		return
	}
	of.name("")
	base := of.layer.Name()
	var err error
	l.forward, err = of.clone("forward_layer", func(c map[string]any) {
		c["name"] = "forward_" + strings.TrimPrefix(base, "forward_")
	})
	if err == nil {
		l.backward, err = of.clone("backward_layer", func(c map[string]any) {
			backwards, _ := c["go_backwards"].(bool)
			c["name"], c["go_backwards"] = "backward_"+strings.TrimPrefix(base, "backward_"), !backwards
		})
	}
	if err != nil {
		l.Invalid("%w", err)
	}
	for _, w := range []*wrapped{l.forward, l.backward} {
		if w == nil {
			continue
		}
		if r, ok := w.layer.(recurrentLayer); ok {
			r.recurrent().zeroOutput = r.recurrent().returnSequences
		}
	}
}

// check compares both layers as Keras does.
func (l *BidirectionalLayer) check() {
	if l.err != nil {
		return
	}
	forward, ok := l.forward.layer.(recurrentLayer)
	backward, ok2 := l.backward.layer.(recurrentLayer)
	switch {
	case !ok || !ok2:
		l.Invalid("wants recurrent layers, got %s and %s",
			describe(l.forward.layer), describe(l.backward.layer))
	case forward.recurrent().goBackwards == backward.recurrent().goBackwards:
		l.Invalid("one of both layers must go backwards, and one not")
	case forward.recurrent().returnSequences != backward.recurrent().returnSequences:
		l.Invalid("both layers or none must return sequences")
	}
}

// Merge sets what becomes of both outputs. Default MergeConcat.
func (l *BidirectionalLayer) Merge(mode MergeMode) *BidirectionalLayer {
	switch mode {
	case MergeConcat, MergeSum, MergeMul, MergeAve:
	default:
		l.Invalid("merge_mode wants %q, %q, %q or %q, got %q", MergeConcat, MergeSum, MergeMul, MergeAve, mode)
	}
	l.merge = mode
	return l
}

// OutputShape is that of the layers, merged.
func (l *BidirectionalLayer) OutputShape(in []Shape) (Shape, error) {
	if _, err := oneInput(in); err != nil {
		return nil, err
	}
	forward, err := outputShape(l.forward.layer, in)
	if err != nil {
		return nil, err
	}
	backward, err := outputShape(l.backward.layer, in)
	if err != nil {
		return nil, err
	}
	if !forward.Equal(backward) {
		return nil, fmt.Errorf("both layers must give one shape, got %v and %v", forward, backward)
	}
	out := forward.Clone()
	if l.merge == MergeConcat {
		out[len(out)-1] *= 2
	}
	return out, nil
}

// Build builds both layers.
func (l *BidirectionalLayer) Build(in []Shape) error {
	if err := l.forward.build(&l.state, in[0]); err != nil {
		return err
	}
	return l.backward.build(&l.state, in[0])
}

// Call walks in both directions. The outputs of the way back are put into the
// order of the sequence.
func (l *BidirectionalLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	y, back := c.within(l, l.forward.layer, in), c.within(l, l.backward.layer, in)
	if l.backward.layer.(recurrentLayer).recurrent().returnSequences {
		back = graph.Reverse(back, 1)
	}
	switch l.merge {
	case MergeSum:
		return graph.Add(y, back)
	case MergeMul:
		return graph.Mul(y, back)
	case MergeAve:
		return graph.DivScalar(graph.Add(y, back), 2)
	}
	return graph.Concatenate([]*graph.Node{y, back}, -1)
}

// OutputMask is the sequence's, of the outputs after every step.
func (l *BidirectionalLayer) OutputMask(_ *Pass, _, masks []*graph.Node) *graph.Node {
	return l.forward.layer.(recurrentLayer).recurrent().outputMask(masks)
}

// within calls a layer that is a part of another one, whose policy counts.
func (c *Pass) within(outer, inner Layer, in []*graph.Node) *graph.Node {
	inner.core().policy = outer.core().policy
	return c.run(inner, in)
}

// Config returns Keras' configuration of a Bidirectional.
func (l *BidirectionalLayer) Config() map[string]any {
	c := l.Base.Config()
	c["merge_mode"], c["layer"], c["backward_layer"] = string(l.merge), l.forward.config(), l.backward.config()
	return c
}
