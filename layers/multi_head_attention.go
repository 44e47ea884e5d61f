package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// MultiHeadAttentionLayer lets each place of a query look at the places of a
// value, in several heads of their own each. Variables: kernel and bias of
// query, key, value and of the result.
// (keras/src/layers/attention/multi_head_attention.py; Vaswani et al. 2017)
type MultiHeadAttentionLayer struct {
	Base[*MultiHeadAttentionLayer]
	heads
	count, keyDim, valueDim int
	outputShape             Shape // nil: the query's last axis
	axes                    []int // counted with the batch axis; nil: all between batch and last
}

func init() {
	RegisterLayer("MultiHeadAttention", func(s *Settings) Layer {
		l := MultiHeadAttention(s.Int("num_heads", 0), s.Int("key_dim", 0))
		l.heads = readHeads(s, &l.state)
		if v := s.Int("value_dim", l.keyDim); v != l.keyDim {
			l.ValueDim(v)
		}
		if shape := s.Ints("output_shape"); shape != nil {
			l.OutputDims(shape...)
		}
		l.AttentionAxes(s.Ints("attention_axes")...)
		return l
	})
}

// MultiHeadAttention makes a layer of the given number of heads, whose queries
// and keys have keyDim numbers each. Apply takes query and value, or query,
// value and key:
//
//	y := layers.MultiHeadAttention(4, 16).Apply(x, x)
//
// They are (None, length, size), or have several axes in place of the length.
// The result has the query's shape. Keras' defaults: values of keyDim numbers
// too, biases, no dropout.
func MultiHeadAttention(numHeads, keyDim int) *MultiHeadAttentionLayer {
	l := &MultiHeadAttentionLayer{heads: headsDefaults, count: numHeads, keyDim: keyDim, valueDim: keyDim}
	l.Init(l, "MultiHeadAttention")
	if numHeads < 1 || keyDim < 1 {
		l.Invalid("the number of heads and key_dim must be at least 1, got %d and %d", numHeads, keyDim)
	}
	return l
}

// ValueDim sets how many numbers the values of a head have. Default keyDim.
func (l *MultiHeadAttentionLayer) ValueDim(dim int) *MultiHeadAttentionLayer {
	if dim < 1 {
		l.Invalid("value_dim must be at least 1, got %d", dim)
	}
	l.valueDim = dim
	return l
}

// OutputDims sets the last axes of the result. Default the query's last axis.
func (l *MultiHeadAttentionLayer) OutputDims(dims ...int) *MultiHeadAttentionLayer {
	if err := Shape(dims).check(); err != nil {
		l.Invalid("output_shape: %w", err)
	}
	l.outputShape = dims
	return l
}

// AttentionAxes sets along which axes a query looks; the batch's is axis 0.
// Default all between the batch's and the last.
func (l *MultiHeadAttentionLayer) AttentionAxes(axes ...int) *MultiHeadAttentionLayer {
	l.axes = axes
	return l
}

// Dropout drops attention scores while training. Default 0.
func (l *MultiHeadAttentionLayer) Dropout(rate float64) *MultiHeadAttentionLayer {
	if !(rate >= 0 && rate <= 1) {
		l.Invalid("dropout must be between 0 and 1, got %g", rate)
	}
	l.dropout = rate
	return l
}

// WithoutBias leaves the biases out.
func (l *MultiHeadAttentionLayer) WithoutBias() *MultiHeadAttentionLayer {
	l.useBias = false
	return l
}

// Gated multiplies what a head found by a sigmoid of the query: Keras'
// use_gate.
func (l *MultiHeadAttentionLayer) Gated() *MultiHeadAttentionLayer {
	l.useGate = true
	return l
}

// Causal hides from each place those behind it: Keras' use_causal_mask, here of
// every call of the layer.
func (l *MultiHeadAttentionLayer) Causal() *MultiHeadAttentionLayer {
	l.causal = true
	return l
}

// ReturnScores gives the scores after the softmax too, for each head, as Result(1)
// of what Apply returns: Keras' return_attention_scores, here of every call.
func (l *MultiHeadAttentionLayer) ReturnScores() *MultiHeadAttentionLayer {
	l.returnScores = true
	return l
}

// SlidingWindow hides what is size or more places away. Default none.
func (l *MultiHeadAttentionLayer) SlidingWindow(size int) *MultiHeadAttentionLayer {
	if size < 1 {
		l.Invalid("sliding_window must be at least 1, got %d", size)
	}
	l.window = size
	return l
}

// Kernel sets how the kernels start, and what holds them; a nil initializer
// leaves Keras' default.
func (l *MultiHeadAttentionLayer) Kernel(o WeightOptions) *MultiHeadAttentionLayer {
	l.kernel.replace(&l.state, "kernel", o)
	return l
}

// Bias is Kernel for the biases.
func (l *MultiHeadAttentionLayer) Bias(o WeightOptions) *MultiHeadAttentionLayer {
	l.bias.replace(&l.state, "bias", o)
	return l
}

// attentionAxes are the axes, counted from 1 behind the batch's.
func (l *MultiHeadAttentionLayer) attentionAxes(rank int) ([]int, error) {
	if len(l.axes) == 0 {
		all := make([]int, rank-1)
		for i := range all {
			all[i] = i + 1
		}
		return all, nil
	}
	axes := make([]int, len(l.axes))
	for i, a := range l.axes {
		if a < 0 {
			a += rank + 1
		}
		if a < 1 || a > rank-1 {
			return nil, fmt.Errorf("attention_axes must lie between the batch's axis and the last, got %v for rank %d",
				l.axes, rank+1)
		}
		axes[i] = a
	}
	return axes, nil
}

// OutputShape is the query's, with other last axes where they are set.
func (l *MultiHeadAttentionLayer) OutputShape(in []Shape) (Shape, error) {
	query, value, _, err := l.queryValueKey(in)
	if err != nil {
		return nil, err
	}
	if l.activity != nil {
		return nil, fmt.Errorf("an activity regularizer is not supported: Keras gives one to every projection")
	}
	axes, err := l.attentionAxes(len(query))
	if err != nil {
		return nil, err
	}
	for i := range len(query) - 1 {
		if !slices.Contains(axes, i+1) && query[i] != value[i] {
			return nil, fmt.Errorf("query and value must be equal outside of the attention axes %v, got %v and %v",
				axes, query, value)
		}
	}
	if l.outputShape != nil {
		return append(query[:len(query)-1].Clone(), l.outputShape...), nil
	}
	return query, nil
}

// OutputShapes implements [ManyResults]: the scores are those of each head, with
// the query's attention axes and then the value's last.
func (l *MultiHeadAttentionLayer) OutputShapes(in []Shape) ([]Shape, error) {
	out, err := l.OutputShape(in)
	if err != nil || !l.returnScores {
		return []Shape{out}, err
	}
	axes, err := l.attentionAxes(len(in[0]))
	var scores, queries, values Shape
	for i, d := range in[0][:len(in[0])-1] {
		if slices.Contains(axes, i+1) {
			queries, values = append(queries, d), append(values, in[1][i])
		} else {
			scores = append(scores, d)
		}
	}
	return []Shape{out, slices.Concat(scores, Shape{l.count}, queries, values)}, err
}

// Build creates the projections.
func (l *MultiHeadAttentionLayer) Build(in []Shape) error {
	query, value, key, err := l.queryValueKey(in)
	if err != nil {
		return err
	}
	last := func(s Shape) int { return s[len(s)-1] }
	output := l.outputShape
	if output == nil {
		output = Shape{last(query)}
	}
	l.query = l.project(&l.state, "query", "query_dense", Shape{last(query), l.count, l.keyDim}, 2)
	l.key = l.project(&l.state, "key", "key_dense", Shape{last(key), l.count, l.keyDim}, 2)
	if l.useGate {
		l.gate = l.project(&l.state, "gate", "_gate_dense", Shape{last(query), l.count, l.valueDim}, 2)
	}
	l.value = l.project(&l.state, "value", "value_dense", Shape{last(value), l.count, l.valueDim}, 2)
	l.output = l.project(&l.state, "attention_output", "output_dense",
		append(Shape{l.count, l.valueDim}, output...), len(output))
	return nil
}

// Call attends.
func (l *MultiHeadAttentionLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return l.CallAll(c, in)[0]
}

// CallAll implements [ManyResults].
func (l *MultiHeadAttentionLayer) CallAll(c *Pass, in []*graph.Node) []*graph.Node {
	query, value, key := in[0], in[1], in[len(in)-1]
	axes, err := l.attentionAxes(query.Rank() - 1)
	if err != nil {
		panic(err)
	}
	seen := seenKeys(c, query, in[1:]...)
	if seen != nil && query.Rank() != 3 {
		panic(fmt.Errorf("layers: %s: masks want inputs (None, length, size), got %v", describe(l), query.Shape().Dimensions))
	}
	found, scores := l.attend(c, l.query.of(c, query, 1), l.key.of(c, key, 1), l.value.of(c, value, 1), seen, axes)
	if l.useGate {
		found = graph.Mul(found, graph.Sigmoid(l.gate.of(c, query, 1)))
	}
	return l.results(l.output.of(c, found, 2), scores)
}

// BuildConfig is Keras' get_build_config.
func (l *MultiHeadAttentionLayer) BuildConfig(in []Shape) map[string]any {
	return shapesByName([]string{"query_shape", "value_shape", "key_shape"}, in)
}

// CallConfig implements [Caller].
func (l *MultiHeadAttentionLayer) CallConfig(tensors []any) ([]any, map[string]any) {
	return l.callConfig(tensors)
}

// ReadCall implements [Caller].
func (l *MultiHeadAttentionLayer) ReadCall(byName map[string]any) ([]any, error) {
	return l.readCall(byName)
}

// Config returns Keras' configuration of a MultiHeadAttention.
func (l *MultiHeadAttentionLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["num_heads"], c["key_dim"], c["value_dim"] = l.count, l.keyDim, l.valueDim
	c["output_shape"], c["attention_axes"] = nil, nil
	if l.outputShape != nil {
		c["output_shape"] = l.outputShape
	}
	switch {
	case len(l.axes) > 0:
		c["attention_axes"] = l.axes
	case l.query.kernel != nil: // Keras fills them in when it builds the layer
		rank := len(l.core().nodes[0].inputs[0].shape)
		axes, _ := l.attentionAxes(rank)
		c["attention_axes"] = axes
	}
	return c
}
