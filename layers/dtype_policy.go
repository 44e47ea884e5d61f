package layers

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// DTypePolicy says in which type a layer computes, by Keras' names. Variables
// are float32 under either policy, and so are the optimizer, the loss and the
// metrics.
type DTypePolicy string

const (
	// Float32 computes in float32: the default.
	Float32 DTypePolicy = "float32"
	// MixedBFloat16 computes in bfloat16: a layer's inputs and variables are
	// rounded to it, its output has it. Batch normalization computes in float32
	// within, as in Keras. Gradients of variables are float32 again. It is
	// faster where the device has instructions for bfloat16, and keeps 8 bits of
	// precision; give the last layer Float32 to have outputs in full precision.
	MixedBFloat16 DTypePolicy = "mixed_bfloat16"
)

var policies = []DTypePolicy{Float32, MixedBFloat16}

func (p DTypePolicy) check() error {
	if !slices.Contains(policies, p) {
		return fmt.Errorf("unknown dtype policy %q: known are %q", string(p), policies)
	}
	return nil
}

// compute is the type of the policy's computations. No policy is float32.
func (p DTypePolicy) compute() dtypes.DType {
	if p == MixedBFloat16 {
		return dtypes.BFloat16
	}
	return dtypes.Float32
}

// config is Keras 3's form of the policy.
func (p DTypePolicy) config() map[string]any {
	if p == "" {
		p = Float32
	}
	return map[string]any{
		"module": "keras", "class_name": "DTypePolicy",
		"config": map[string]any{"name": string(p)}, "registered_name": nil,
	}
}

// DType sets the layer's policy. Default Float32.
func (b *Base[L]) DType(p DTypePolicy) L {
	setPolicy(&b.state, p)
	return b.self
}

func setPolicy(s *state, p DTypePolicy) {
	if err := p.check(); err != nil {
		s.Invalid("%w", err)
	}
	s.policy = p
}

// DType sets the policy of the model and of every layer that it has now, as if
// the policy had been Keras' global one when they were made:
//
//	model := layers.Sequential("model_1", …).DType(layers.MixedBFloat16)
//
// Programs compiled before are compiled again.
func (m *Model) DType(p DTypePolicy) *Model {
	if err := p.check(); err != nil {
		return m.fail(err)
	}
	m.setPolicy(p)
	return m
}

func (m *Model) setPolicy(p DTypePolicy) {
	m.policy, m.predictions = p, nil
	if c := m.compiled; c != nil {
		c.programs = engine.Programs{}
	}
	for _, l := range m.Layers() {
		if inner, ok := l.(*Model); ok {
			inner.setPolicy(p)
		} else if !isInput(l) {
			l.core().policy = p
		}
	}
}

// mixed tells whether a layer of the model computes in another type than
// float32.
func (m *Model) mixed() bool {
	return slices.ContainsFunc(m.Layers(), func(l Layer) bool {
		if inner, ok := l.(*Model); ok {
			return inner.mixed()
		}
		return l.core().policy.compute() != dtypes.Float32
	})
}

// run calls a layer in the type of its policy, and returns its results. In a pass
// without any mixed layer, types are the caller's business.
func (c *Pass) run(l Layer, in []*graph.Node) []*graph.Node {
	if _, ok := l.(*Model); ok || !c.mixed || isOperation(l) {
		return call(c, l, in)
	}
	result := cmp.Or(c.policy, l.core().policy).compute()
	within := result
	if l.core().wide {
		within = dtypes.Float32
	}
	outer := c.compute
	c.compute = within
	defer func() { c.compute = outer }()
	return c.allAs(call(c, l, c.allAs(in, within)), result)
}

func call(c *Pass, l Layer, in []*graph.Node) []*graph.Node {
	if many, ok := l.(ManyResults); ok {
		return many.CallAll(c, in)
	}
	return []*graph.Node{l.Call(c, in)}
}

func (c *Pass) allAs(xs []*graph.Node, dtype dtypes.DType) []*graph.Node {
	xs = slices.Clone(xs)
	for i := range xs {
		xs[i] = c.as(xs[i], dtype)
	}
	return xs
}

// as converts a float to another type of float. The result of a softmax stays
// one.
func (c *Pass) as(x *graph.Node, dtype dtypes.DType) *graph.Node {
	if x.DType() == dtype || !x.DType().IsFloat() {
		return x
	}
	y := graph.ConvertDType(x, dtype)
	if logits, ok := c.logits[x]; ok {
		c.logits[y] = c.as(logits, dtype)
	}
	if mask := c.stepMasks[x]; mask != nil {
		c.stepMasks[y] = mask
	}
	return y
}
