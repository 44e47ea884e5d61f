package layers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// MergeMode says what Bidirectional makes of the outputs of both directions.
type MergeMode string

// The modes by Keras' names.
const (
	MergeNone   MergeMode = ""       // two results: Keras' None
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
	startedCalls
	forward, backward *wrapped
	merge             MergeMode
}

func init() {
	RegisterLayer("Bidirectional", func(s *Settings) Layer {
		l := &BidirectionalLayer{}
		l.Init(l, "Bidirectional")
		_, given := s.values["merge_mode"] // null is no merging
		if l.Merge(MergeMode(s.String("merge_mode", ""))); !given {
			l.merge = MergeConcat
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
// gives the settings of both directions and is not used itself. Apply takes a
// sequence, or a sequence and the states that both start from, those of the way
// forward first. With ReturnState of the layer the results are the output, and the
// last states in the same order. Default MergeConcat.
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
	case forward.recurrent().returnState != backward.recurrent().returnState:
		l.Invalid("both layers or none must return states")
	}
}

// Merge sets what becomes of both outputs. Default MergeConcat.
func (l *BidirectionalLayer) Merge(mode MergeMode) *BidirectionalLayer {
	switch mode {
	case MergeConcat, MergeSum, MergeMul, MergeAve, MergeNone:
	default:
		l.Invalid("merge_mode wants %q, %q, %q, %q or none, got %q", MergeConcat, MergeSum, MergeMul, MergeAve, mode)
	}
	l.merge = mode
	return l
}

// OutputShape is that of the layers, merged.
func (l *BidirectionalLayer) OutputShape(in []Shape) (Shape, error) { return first(l.OutputShapes(in)) }

// OutputShapes implements [ManyResults].
func (l *BidirectionalLayer) OutputShapes(in []Shape) ([]Shape, error) {
	if len(in)%2 == 0 {
		return nil, fmt.Errorf("wants a sequence, or a sequence and the states of both directions, got %d inputs", len(in))
	}
	ahead, behind := directions(in)
	forward, err := outputShapes(l.forward.layer, ahead)
	if err != nil {
		return nil, err
	}
	backward, err := outputShapes(l.backward.layer, behind)
	if err != nil {
		return nil, err
	}
	if !forward[0].Equal(backward[0]) {
		return nil, fmt.Errorf("both layers must give one shape, got %v and %v", forward[0], backward[0])
	}
	out := []Shape{forward[0].Clone()}
	switch l.merge {
	case MergeConcat:
		out[0][len(out[0])-1] *= 2
	case MergeNone:
		out = append(out, backward[0])
	}
	return slices.Concat(out, forward[1:], backward[1:]), nil
}

// directions are the inputs of both layers: the sequence, and half of the states.
func directions[T any](in []T) (forward, backward []T) {
	middle := 1 + len(in)/2
	return in[:middle], slices.Concat(in[:1], in[middle:])
}

// Build builds both layers.
func (l *BidirectionalLayer) Build(in []Shape) error {
	if err := l.forward.build(&l.state, in[0]); err != nil {
		return err
	}
	return l.backward.build(&l.state, in[0])
}

// Call computes the first result.
func (l *BidirectionalLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return l.CallAll(c, in)[0] }

// CallAll walks in both directions. The outputs of the way back are put into the
// order of the sequence.
func (l *BidirectionalLayer) CallAll(c *Pass, in []*graph.Node) []*graph.Node {
	ahead, behind := directions(in)
	forward, backward := c.allWithin(l, l.forward.layer, ahead), c.allWithin(l, l.backward.layer, behind)
	y, back := forward[0], backward[0]
	if l.backward.layer.(recurrentLayer).recurrent().returnSequences {
		back = graph.Reverse(back, 1)
	}
	return slices.Concat(l.merged(y, back), forward[1:], backward[1:])
}

func (l *BidirectionalLayer) merged(y, back *graph.Node) []*graph.Node {
	switch l.merge {
	case MergeSum:
		y = graph.Add(y, back)
	case MergeMul:
		y = graph.Mul(y, back)
	case MergeAve:
		y = graph.DivScalar(graph.Add(y, back), 2)
	case MergeConcat:
		y = graph.Concatenate([]*graph.Node{y, back}, -1)
	case MergeNone:
		return []*graph.Node{y, back}
	}
	return []*graph.Node{y}
}

// OutputMask is the sequence's, of the outputs after every step.
func (l *BidirectionalLayer) OutputMask(c *Pass, in, masks []*graph.Node) *graph.Node {
	return l.forward.layer.(recurrentLayer).recurrent().OutputMask(c, in, masks)
}

// OutputMasks implements [ManyMasks].
func (l *BidirectionalLayer) OutputMasks(c *Pass, in, masks []*graph.Node) []*graph.Node {
	mask := l.OutputMask(c, in, masks)
	if l.merge == MergeNone {
		return []*graph.Node{mask, mask}
	}
	return []*graph.Node{mask}
}

// within calls a layer that is a part of another one, whose policy counts, and
// returns its first result.
func (c *Pass) within(outer, inner Layer, in []*graph.Node) *graph.Node {
	return c.allWithin(outer, inner, in)[0]
}

func (c *Pass) allWithin(outer, inner Layer, in []*graph.Node) []*graph.Node {
	inner.core().policy = outer.core().policy
	return c.run(inner, in)
}

// Config returns Keras' configuration of a Bidirectional.
func (l *BidirectionalLayer) Config() map[string]any {
	c := l.Base.Config()
	c["merge_mode"], c["layer"], c["backward_layer"] = string(l.merge), l.forward.config(), l.backward.config()
	if l.merge == MergeNone {
		c["merge_mode"] = nil
	}
	return c
}
