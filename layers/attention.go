package layers

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// AttentionLayer is attention by dot products of query and key, or by sums:
// (None, Tq, size) and (None, Tv, size) to (None, Tq, the value's size).
// (keras/src/layers/attention/attention.py; Luong et al. 2015)
type AttentionLayer struct {
	Base[*AttentionLayer]
	scores
	mode string
	sum  *Variable // by which the sums are multiplied
}

// AdditiveAttentionLayer is attention by sums of query and key, each number
// weighed: (None, Tq, size) and (None, Tv, size) to (None, Tq, the value's
// size).
// (keras/src/layers/attention/additive_attention.py; Bahdanau et al. 2014)
type AdditiveAttentionLayer struct {
	Base[*AdditiveAttentionLayer]
	scores
}

// scores is what both have: what scores are multiplied by, and what becomes of
// them.
type scores struct {
	useScale, causal bool
	dropout          float64
	seed             any
	scale            *Variable
}

func init() {
	RegisterLayer("Attention", func(s *Settings) Layer {
		l := Attention()
		l.scores = readScores(s, &l.state, false)
		switch l.mode = s.String("score_mode", "dot"); l.mode {
		case "dot", "concat":
		default:
			s.Fail("score_mode wants \"dot\" or \"concat\", got %q", l.mode)
		}
		return l
	})
	RegisterLayer("AdditiveAttention", func(s *Settings) Layer {
		l := AdditiveAttention()
		l.scores = readScores(s, &l.state, true)
		return l
	})
}

func readScores(s *Settings, l *state, scale bool) scores {
	return scores{useScale: s.Bool("use_scale", scale), dropout: rate(l, s.Float("dropout", 0)), seed: s.seed()}
}

// rate checks the rate of a dropout within a layer.
func rate(l *state, rate float64) float64 {
	if !(rate >= 0 && rate <= 1) {
		l.Invalid("dropout must be between 0 and 1, got %g", rate)
	}
	return rate
}

// Attention makes the layer: softmax(query key^T) value. Apply takes query and
// value, or query, value and key; without a key the value is the key.
func Attention() *AttentionLayer {
	l := &AttentionLayer{mode: "dot"}
	l.Init(l, "Attention")
	return l
}

// AdditiveAttention makes the layer: softmax(sum(scale tanh(query + key)))
// value, with a scale for each number, drawn from GlorotUniform. Apply takes
// the same inputs as that of [Attention].
func AdditiveAttention() *AdditiveAttentionLayer {
	l := &AdditiveAttentionLayer{scores: scores{useScale: true}}
	l.Init(l, "AdditiveAttention")
	return l
}

// Scaled multiplies the scores by a number that is learned, 1 at first.
func (l *AttentionLayer) Scaled() *AttentionLayer {
	l.useScale = true
	return l
}

// Concat computes scores as w sum(tanh(scale (query + key))), with a learned w:
// Keras' score_mode "concat".
func (l *AttentionLayer) Concat() *AttentionLayer {
	l.mode = "concat"
	return l
}

// Dropout drops attention weights while training. Default 0.
func (l *AttentionLayer) Dropout(p float64) *AttentionLayer {
	l.dropout = rate(&l.state, p)
	return l
}

// Causal hides from each place those behind it, in every call of the layer.
func (l *AttentionLayer) Causal() *AttentionLayer {
	l.causal = true
	return l
}

// Unscaled leaves the scale out.
func (l *AdditiveAttentionLayer) Unscaled() *AdditiveAttentionLayer {
	l.useScale = false
	return l
}

// Dropout drops attention weights while training. Default 0.
func (l *AdditiveAttentionLayer) Dropout(p float64) *AdditiveAttentionLayer {
	l.dropout = rate(&l.state, p)
	return l
}

// Causal hides from each place those behind it, in every call of the layer.
func (l *AdditiveAttentionLayer) Causal() *AdditiveAttentionLayer {
	l.causal = true
	return l
}

// outputShape is the query's with the value's last axis.
func (s *scores) outputShape(in []Shape) (Shape, error) {
	if len(in) != 2 && len(in) != 3 {
		return nil, fmt.Errorf("wants query and value, or query, value and key, got %d inputs", len(in))
	}
	query, value, key := in[0], in[1], in[len(in)-1]
	if len(in) == 2 {
		key = value
	}
	if len(query) != 2 || len(value) != 2 || len(key) != 2 {
		return nil, fmt.Errorf("wants query, value and key of (None, length, size), got %v, %v and %v", query, value, key)
	}
	if key[1] != query[1] || key[0] != value[0] {
		return nil, fmt.Errorf("the key must have the query's size and the value's length, got query %v, value %v, key %v",
			query, value, key)
	}
	return Shape{query[0], value[1]}, nil
}

// OutputShape is the query's with the value's last axis.
func (l *AttentionLayer) OutputShape(in []Shape) (Shape, error) { return l.outputShape(in) }

// OutputShape is the query's with the value's last axis.
func (l *AdditiveAttentionLayer) OutputShape(in []Shape) (Shape, error) { return l.outputShape(in) }

// Build creates the scales.
func (l *AttentionLayer) Build([]Shape) error {
	if l.useScale {
		l.scale = l.AddVariable("scale", Shape{}, Ones, true)
	}
	if l.mode == "concat" {
		l.sum = l.AddVariable("concat_score_weight", Shape{}, Ones, true)
	}
	return nil
}

// Build creates the scale.
func (l *AdditiveAttentionLayer) Build(in []Shape) error {
	if l.useScale {
		l.scale = l.AddVariable("scale", Shape{in[0][1]}, GlorotUniform, true)
	}
	return nil
}

// Call attends.
func (l *AttentionLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	query, key := in[0], in[len(in)-1]
	if l.mode == "dot" {
		scores := graph.Einsum("bth,bsh->bts", query, key)
		if l.useScale {
			scores = graph.Mul(scores, c.Value(l.scale))
		}
		return l.apply(c, scores, in)
	}
	sums := queryPlusKey(query, key)
	if l.useScale {
		sums = graph.Mul(sums, c.Value(l.scale))
	}
	return l.apply(c, graph.Mul(graph.ReduceSum(graph.Tanh(sums), -1), c.Value(l.sum)), in)
}

// Call attends.
func (l *AdditiveAttentionLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	query, key := in[0], in[len(in)-1]
	sums := graph.Tanh(queryPlusKey(query, key))
	if l.useScale {
		sums = graph.Mul(sums, graph.ExpandLeftToRank(c.Value(l.scale), 4))
	}
	return l.apply(c, graph.ReduceSum(sums, -1), in)
}

// queryPlusKey is the sum of each query and each key: [batch, Tq, Tv, size].
func queryPlusKey(query, key *graph.Node) *graph.Node {
	return graph.Add(graph.InsertAxes(query, 2), graph.InsertAxes(key, 1))
}

// apply weighs the values by the scores [batch, Tq, Tv]. Of a sequence with a
// mask it leaves out values at steps that do not count, and makes results zeros
// at the query's steps that do not.
func (s *scores) apply(c *Pass, scores *graph.Node, in []*graph.Node) *graph.Node {
	seen := seenKeys(c, nil, in[1])
	if s.causal {
		h := heads{causal: true}
		seen = both(seen, h.mask(scores))
	}
	if seen != nil {
		seen = graph.BroadcastToShape(seen, withDType(scores, dtypes.Bool))
		scores = graph.Where(seen, scores, graph.AddScalar(scores, -1e9))
	}
	dtype := scores.DType()
	weights := c.as(c.Softmax(scores, -1), dtype)
	weights = Dropout(s.dropout).Call(c, []*graph.Node{weights})
	y := graph.Einsum("bts,bsh->bth", weights, in[1])
	if mask := c.StepMask(in[0]); mask != nil {
		y = keptSteps(y, mask)
	}
	return y
}

// OutputMask is the query's.
func (s *scores) OutputMask(_ *Pass, _, masks []*graph.Node) *graph.Node { return masks[0] }

// seenKeys tells which keys a query may see as the masks of both say, bool
// [batch, Tq, Tv] or with 1 in place of Tq; nil where all may. query may be nil.
func seenKeys(c *Pass, query *graph.Node, keys ...*graph.Node) (seen *graph.Node) {
	if query != nil && c.StepMask(query) != nil {
		seen = graph.ExpandAxes(c.StepMask(query), -1)
	}
	for _, key := range keys {
		if mask := c.StepMask(key); mask != nil {
			seen = both(seen, graph.ExpandAxes(mask, 1))
		}
	}
	return seen
}

// both is where two conditions hold, of which the first may be nil.
func both(a, b *graph.Node) *graph.Node {
	if a == nil {
		return b
	}
	if a.Rank() == b.Rank() {
		d := make([]int, a.Rank())
		for i := range d {
			d[i] = max(a.Shape().Dimensions[i], b.Shape().Dimensions[i])
		}
		a, b = graph.BroadcastToDims(a, d...), graph.BroadcastToDims(b, d...)
	}
	return graph.LogicalAnd(a, b)
}

// callConfig is a call of Keras on a list.
func (s *scores) callConfig(tensors []any) ([]any, map[string]any) {
	byName := map[string]any{}
	if s.causal {
		byName["use_causal_mask"] = true
	}
	return []any{tensors}, byName
}

func (s *scores) readCall(byName map[string]any) ([]any, error) {
	takeSwitch(byName, "use_causal_mask", &s.causal)
	if masks, ok := byName["mask"].([]any); ok && len(masks) > 0 {
		for _, m := range masks {
			if m != nil {
				return nil, fmt.Errorf("is called with a mask, which is not supported")
			}
		}
		delete(byName, "mask")
	}
	return nil, nil
}

// CallConfig implements [Caller].
func (l *AttentionLayer) CallConfig(tensors []any) ([]any, map[string]any) {
	return l.callConfig(tensors)
}

// ReadCall implements [Caller].
func (l *AttentionLayer) ReadCall(byName map[string]any) ([]any, error) { return l.readCall(byName) }

// CallConfig implements [Caller].
func (l *AdditiveAttentionLayer) CallConfig(tensors []any) ([]any, map[string]any) {
	return l.callConfig(tensors)
}

// ReadCall implements [Caller].
func (l *AdditiveAttentionLayer) ReadCall(byName map[string]any) ([]any, error) {
	return l.readCall(byName)
}

// addTo adds the settings to a layer's configuration.
func (s *scores) addTo(c map[string]any) map[string]any {
	c["use_scale"], c["dropout"], c["seed"] = s.useScale, s.dropout, s.seed
	return c
}

// Config returns Keras' configuration of an Attention.
func (l *AttentionLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["score_mode"] = l.mode
	return c
}

// Config returns Keras' configuration of an AdditiveAttention.
func (l *AdditiveAttentionLayer) Config() map[string]any { return l.addTo(l.Base.Config()) }
