package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// GroupQueryAttentionLayer is attention in which several heads of the query
// share one head of key and value. Variables: kernel and bias of query, key,
// value and of the result.
// (keras/src/layers/attention/grouped_query_attention.py; Ainslie et al. 2023)
type GroupQueryAttentionLayer struct {
	Base[*GroupQueryAttentionLayer]
	heads
	headDim, queryHeads, keyHeads int
}

func init() {
	read := func(s *Settings) Layer {
		l := GroupQueryAttention(s.Int("head_dim", 0), s.Int("num_query_heads", 0), s.Int("num_key_value_heads", 0))
		l.heads = readHeads(s, &l.state)
		return l
	}
	RegisterLayer("GroupedQueryAttention", read)
	RegisterLayer("GroupQueryAttention", read)
}

// GroupQueryAttention makes a layer whose heads have headDim numbers. The
// number of the query's heads is a multiple of that of key and value. Apply
// takes query and value, or query, value and key, each (None, length, size);
// the result has the query's shape. Keras' defaults: biases, no dropout.
func GroupQueryAttention(headDim, queryHeads, keyValueHeads int) *GroupQueryAttentionLayer {
	l := &GroupQueryAttentionLayer{heads: headsDefaults, headDim: headDim, queryHeads: queryHeads, keyHeads: keyValueHeads}
	l.Init(l, "GroupedQueryAttention")
	if headDim < 1 || queryHeads < 1 || keyValueHeads < 1 || queryHeads%keyValueHeads != 0 {
		l.Invalid("head_dim and both numbers of heads must be at least 1, and num_query_heads a multiple of "+
			"num_key_value_heads, got %d, %d and %d", headDim, queryHeads, keyValueHeads)
	}
	return l
}

// Dropout drops attention scores while training. Default 0.
func (l *GroupQueryAttentionLayer) Dropout(rate float64) *GroupQueryAttentionLayer {
	if !(rate >= 0 && rate <= 1) {
		l.Invalid("dropout must be between 0 and 1, got %g", rate)
	}
	l.dropout = rate
	return l
}

// WithoutBias leaves the biases out.
func (l *GroupQueryAttentionLayer) WithoutBias() *GroupQueryAttentionLayer {
	l.useBias = false
	return l
}

// Causal hides from each place those behind it: Keras' use_causal_mask, here of
// every call of the layer.
func (l *GroupQueryAttentionLayer) Causal() *GroupQueryAttentionLayer {
	l.causal = true
	return l
}

// ReturnScores gives the scores after the softmax too: see that of
// [MultiHeadAttention].
func (l *GroupQueryAttentionLayer) ReturnScores() *GroupQueryAttentionLayer {
	l.returnScores = true
	return l
}

// KerasModule is where Keras finds the class by this name; keras.layers calls
// it GroupQueryAttention.
func (l *GroupQueryAttentionLayer) KerasModule() string {
	return "keras.src.layers.attention.grouped_query_attention"
}

// OutputShape is the query's.
func (l *GroupQueryAttentionLayer) OutputShape(in []Shape) (Shape, error) {
	query, _, _, err := l.queryValueKey(in)
	switch {
	case err != nil:
		return nil, err
	case len(query) != 2:
		return nil, fmt.Errorf("wants inputs (None, length, size), got %v", query)
	case l.activity != nil:
		return nil, fmt.Errorf("an activity regularizer is not supported: Keras gives one to every projection")
	}
	return query, nil
}

// Build creates the projections.
func (l *GroupQueryAttentionLayer) Build(in []Shape) error {
	query, value, key, err := l.queryValueKey(in)
	if err != nil {
		return err
	}
	l.query = l.project(&l.state, "query", "_query_dense", Shape{query[1], l.queryHeads, l.headDim}, 2)
	l.key = l.project(&l.state, "key", "_key_dense", Shape{key[1], l.keyHeads, l.headDim}, 2)
	if l.useGate {
		l.gate = l.project(&l.state, "gate", "_gate_dense", Shape{query[1], l.queryHeads, l.headDim}, 2)
	}
	l.value = l.project(&l.state, "value", "_value_dense", Shape{value[1], l.keyHeads, l.headDim}, 2)
	l.output = l.project(&l.state, "attention_output", "_output_dense", Shape{l.queryHeads, l.headDim, query[1]}, 1)
	return nil
}

// OutputShapes implements [ManyResults].
func (l *GroupQueryAttentionLayer) OutputShapes(in []Shape) ([]Shape, error) {
	out, err := l.OutputShape(in)
	if err != nil || !l.returnScores {
		return []Shape{out}, err
	}
	return []Shape{out, {l.queryHeads, in[0][0], in[1][0]}}, nil
}

// Call attends.
func (l *GroupQueryAttentionLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return l.CallAll(c, in)[0]
}

// CallAll implements [ManyResults].
func (l *GroupQueryAttentionLayer) CallAll(c *Pass, in []*graph.Node) []*graph.Node {
	query, value, key := in[0], in[1], in[len(in)-1]
	seen := seenKeys(c, query, in[1:]...)
	key, value = l.shared(l.key.of(c, key, 1)), l.shared(l.value.of(c, value, 1))
	found, scores := l.attend(c, l.query.of(c, query, 1), key, value, seen, []int{1})
	if l.useGate {
		found = graph.Mul(found, graph.Sigmoid(l.gate.of(c, query, 1)))
	}
	return l.results(l.output.of(c, found, 2), scores)
}

// shared repeats each head, [batch, length, heads, size], for the heads of the
// query that share it.
func (l *GroupQueryAttentionLayer) shared(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	x = graph.BroadcastToDims(graph.Reshape(x, d[0], d[1], d[2], 1, d[3]), d[0], d[1], d[2], l.queryHeads/l.keyHeads, d[3])
	return graph.Reshape(x, d[0], d[1], l.queryHeads, d[3])
}

// BuildConfig is Keras' get_build_config.
func (l *GroupQueryAttentionLayer) BuildConfig(in []Shape) map[string]any {
	return shapesByName([]string{"query_shape", "value_shape", "key_shape"}, in)
}

// CallConfig implements [Caller].
func (l *GroupQueryAttentionLayer) CallConfig(tensors []any) ([]any, map[string]any) {
	return l.callConfig(tensors)
}

// ReadCall implements [Caller].
func (l *GroupQueryAttentionLayer) ReadCall(byName map[string]any) ([]any, error) {
	return l.readCall(byName)
}

// Config returns Keras' configuration of a GroupedQueryAttention.
func (l *GroupQueryAttentionLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["head_dim"], c["num_query_heads"], c["num_key_value_heads"] = l.headDim, l.queryHeads, l.keyHeads
	return c
}
