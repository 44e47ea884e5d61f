package layers

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// heads is what MultiHeadAttention and GroupQueryAttention share: projections
// of query, key and value to several heads, attention within each, and a
// projection of all heads to the result.
type heads struct {
	dropout      float64
	useBias      bool
	useGate      bool
	causal       bool
	returnScores bool
	window       int // 0 is none
	kernel, bias WeightOptions
	seed         any

	query, key, value, gate, output projection
}

// projection is Keras' EinsumDense within an attention layer.
type projection struct{ kernel, bias *Variable }

// headsDefaults are Keras'.
var headsDefaults = heads{useBias: true,
	kernel: WeightOptions{Initializer: GlorotUniform}, bias: WeightOptions{Initializer: Zeros}}

// readHeads reads the settings that both layers have.
func readHeads(s *Settings, l *state) heads {
	h := headsDefaults
	h.dropout, h.seed = s.Float("dropout", 0), s.seed()
	h.useBias, h.useGate = s.Bool("use_bias", true), s.Bool("use_gate", false)
	h.window = s.Int("sliding_window", 0)
	h.kernel, h.bias = s.WeightOptions("kernel", GlorotUniform), s.WeightOptions("bias", Zeros)
	if !(h.dropout >= 0 && h.dropout <= 1) {
		l.Invalid("dropout must be between 0 and 1, got %g", h.dropout)
	}
	if h.window < 0 {
		l.Invalid("sliding_window must be at least 1, got %d", h.window)
	}
	return h
}

// addTo adds the settings to a layer's configuration.
func (h *heads) addTo(c map[string]any) map[string]any {
	c["dropout"], c["seed"], c["use_bias"], c["use_gate"] = h.dropout, h.seed, h.useBias, h.useGate
	c["sliding_window"], c["activity_regularizer"] = nil, nil
	if h.window > 0 {
		c["sliding_window"] = h.window
	}
	h.kernel.AddConfig(c, "kernel")
	h.bias.AddConfig(c, "bias")
	return c
}

// project adds the variables of one projection. The kernel's first axes are
// inputs, as many as kernel has more axes than outputs.
func (h *heads) project(s *state, part, place string, kernel Shape, outputs int) projection {
	in := kernel[:len(kernel)-outputs].Size()
	k := h.kernel
	k.Initializer = asMatrix(k.Initializer, in, kernel.Size()/in)
	p := projection{kernel: s.AddWeight(part+"/kernel", kernel, k)}
	p.kernel.Place = place
	if h.useBias {
		p.bias = s.AddWeight(part+"/bias", kernel[len(kernel)-outputs:], h.bias)
		p.bias.Place = place
	}
	return p
}

// of multiplies the last axes of x by the kernel's first ones, and adds the
// bias.
func (p projection) of(c *Pass, x *graph.Node, inputs int) *graph.Node {
	kernel := c.Value(p.kernel)
	last, first := make([]int, inputs), make([]int, inputs)
	for i := range inputs {
		last[i], first[i] = x.Rank()-inputs+i, i
	}
	y := graph.Dot(x, kernel).General(last, nil, first, nil)
	if p.bias != nil {
		y = graph.Add(y, graph.ExpandLeftToRank(c.Value(p.bias), y.Rank()))
	}
	return y
}

// attend computes softmax(query key^T / sqrt(size)) value for each head, and the
// softmax alone. The
// three are [batch, …, heads, size]; attention goes along the given axes, and
// all others are the same places for all three. A query sees the keys that seen
// tells, bool [batch, Tq, Tv] as of [seenKeys], or all where that is nil.
func (h *heads) attend(c *Pass, query, key, value, seen *graph.Node, axes []int) (found, scores *graph.Node) {
	rank := query.Rank()
	target, source, product := attentionEquation(rank, axes)
	query = graph.MulScalar(query, 1/math.Sqrt(float64(query.Shape().Dim(-1))))
	scores = graph.Einsum(source+","+target+"->"+product, key, query)
	if seen != nil {
		seen = graph.BroadcastToShape(graph.ExpandAxes(seen, 1), withDType(scores, dtypes.Bool))
	}
	if h.causal || h.window > 0 {
		seen = both(seen, h.mask(scores))
	}
	if seen != nil {
		hidden := graph.Scalar(c.Graph, scores.DType(), -1e9)
		scores = graph.Where(seen, scores, graph.BroadcastToShape(hidden, scores.Shape()))
	}
	over := make([]int, len(axes))
	for i := range over {
		over[i] = scores.Rank() - len(axes) + i
	}
	dtype := scores.DType()
	scores = c.as(c.Softmax(scores, over...), dtype)
	kept := Dropout(h.dropout).Call(c, []*graph.Node{scores})
	return graph.Einsum(product+","+source+"->"+target, kept, value), scores
}

// mask tells which keys a query may see: [batch, heads, queries, keys].
func (h *heads) mask(scores *graph.Node) *graph.Node {
	shape := shapes.Make(dtypes.Int32, scores.Shape().Dimensions...)
	query, key := graph.Iota(scores.Graph(), shape, -2), graph.Iota(scores.Graph(), shape, -1)
	seen := graph.GreaterOrEqual(query, key)
	if h.window > 0 {
		near := graph.Scalar(scores.Graph(), dtypes.Int32, h.window)
		within := graph.LessThan(graph.Abs(graph.Sub(query, key)), near)
		if !h.causal {
			return within
		}
		return graph.LogicalAnd(seen, within)
	}
	return seen
}

// attentionEquation names the axes as einsum does: of queries and results, of
// keys and values, and of the scores, whose last axes are the queries' and then
// the keys' attention axes. (_build_attention_equation of
// keras/src/layers/attention/multi_head_attention.py)
func attentionEquation(rank int, axes []int) (target, source, product string) {
	letter := func(i int) string { return string(rune('a' + i)) }
	next, queries, keys := rank, "", ""
	for i := range rank {
		target += letter(i)
		if !slices.Contains(axes, i) {
			source += letter(i)
			if i < rank-1 {
				product += letter(i)
			}
			continue
		}
		source += letter(next)
		queries, keys = queries+letter(i), keys+letter(next)
		next++
	}
	return target, source, product + queries + keys
}

// queryValueKey checks the inputs: query and value, and the key where it
// differs from the value.
func (h *heads) queryValueKey(in []Shape) (query, value, key Shape, err error) {
	if len(in) != 2 && len(in) != 3 {
		return nil, nil, nil, fmt.Errorf("wants query and value, or query, value and key, got %d inputs", len(in))
	}
	query, value, key = in[0], in[1], in[1]
	if len(in) == 3 {
		key = in[2]
	}
	switch {
	case len(query) < 2 || len(value) != len(query) || len(key) != len(query):
		err = fmt.Errorf("wants inputs of one rank, at least (None, length, size), got %v, %v and %v", query, value, key)
	case !value[:len(value)-1].Equal(key[:len(key)-1]):
		err = fmt.Errorf("value and key must differ in the last axis only, got %v and %v", value, key)
	case (h.causal || h.window > 0) && len(query) != 2:
		err = fmt.Errorf("a causal mask or a window wants inputs (None, length, size), got %v", query)
	}
	return query, value, key, err
}

// callConfig is a call of Keras, with query and value by place.
func (h *heads) callConfig(tensors []any) (byPlace []any, byName map[string]any) {
	byName = map[string]any{}
	if len(tensors) == 3 {
		byName["key"] = tensors[2]
	}
	if h.causal {
		byName["use_causal_mask"] = true
	}
	if h.returnScores {
		byName["return_attention_scores"] = true
	}
	return tensors[:2], byName
}

// readCall takes query, value and key by name, and the switches.
func (h *heads) readCall(byName map[string]any) (tensors []any, err error) {
	for _, name := range []string{"query", "value", "key"} {
		if t := byName[name]; t != nil {
			tensors = append(tensors, t)
		}
		delete(byName, name)
	}
	takeSwitch(byName, "use_causal_mask", &h.causal)
	takeSwitch(byName, "return_attention_scores", &h.returnScores)
	return tensors, nil
}

// takeSwitch takes a switch of a call, which holds for all calls of the layer.
func takeSwitch(byName map[string]any, name string, on *bool) {
	given, _ := byName[name].(bool)
	*on = *on || given
	delete(byName, name)
}

// results are what was found and, with returnScores, the scores.
func (h *heads) results(found, scores *graph.Node) []*graph.Node {
	if h.returnScores {
		return []*graph.Node{found, scores}
	}
	return []*graph.Node{found}
}
