package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// SpectralNormalizationLayer divides the kernel of a layer by its largest
// singular value in every training step. Variables: those of the layer, and
// vector_u (1, the kernel's last dimension), which training changes but not the
// optimizer.
type SpectralNormalizationLayer struct {
	Base[*SpectralNormalizationLayer]
	inner           *wrapped
	iterations      int
	kernel, vectorU *Variable
}

// SpectralNormalization makes the layer of another one that has a kernel or
// embeddings, and that is part of no model (Miyato et al., 2018,
// arXiv:1802.05957). As in Keras, a training step first replaces the kernel by
// the normalized one, along which no gradient flows, and the optimizer moves
// that. Outside of training the kernel is used as it is.
func SpectralNormalization(layer Layer) *SpectralNormalizationLayer {
	l := &SpectralNormalizationLayer{inner: &wrapped{layer: layer, place: "layer"}, iterations: 1}
	l.Init(l, "SpectralNormalization")
	l.AlwaysFloat32()
	if layer == nil {
		l.Invalid("wants a layer, got nil")
		return l
	}
	l.inner.name("")
	l.inner.check(&l.state)
	return l
}

// PowerIterations sets how often a step improves its estimate of the singular
// value, at least once. Default 1.
func (l *SpectralNormalizationLayer) PowerIterations(n int) *SpectralNormalizationLayer {
	if n < 1 {
		l.Invalid("power iterations must be at least 1, got %d", n)
	}
	l.iterations = n
	return l
}

// OutputShape is the layer's.
func (l *SpectralNormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	return outputShape(l.inner.layer, in)
}

// Build builds the layer.
func (l *SpectralNormalizationLayer) Build(in []Shape) error {
	s, err := oneInput(in)
	if err != nil {
		return err
	}
	if err := l.inner.build(&l.state, s); err != nil {
		return err
	}
	at := slices.IndexFunc(l.variables, func(v *Variable) bool { return v.Name == "kernel" || v.Name == "embeddings" })
	if at < 0 {
		return fmt.Errorf("layer %s has neither a kernel nor embeddings", describe(l.inner.layer))
	}
	l.kernel = l.variables[at]
	l.kernel.Twice = true
	last := l.kernel.Shape[len(l.kernel.Shape)-1:]
	l.vectorU = l.AddVariable("vector_u", append(Shape{1}, last...), TruncatedNormal(0, 0.02), false)
	return nil
}

// Call normalizes the kernel in training, and calls the layer.
func (l *SpectralNormalizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	if c.Training {
		c.Rewrite(l.kernel, func(kernel *graph.Node) *graph.Node {
			u, normalized := l.normalize(kernel, c.Value(l.vectorU))
			c.Update(l.vectorU, u)
			return normalized
		})
	}
	return c.within(l, l.inner.layer, in)
}

// normalize returns the improved vector and the normalized kernel; a kernel of
// zeros stays, and its vector too.
func (l *SpectralNormalizationLayer) normalize(kernel, before *graph.Node) (u, normalized *graph.Node) {
	columns := before.Shape().Dimensions[1]
	w := graph.Reshape(kernel, -1, columns)
	u = before
	var v *graph.Node
	for range l.iterations {
		v = unitNorm(graph.Dot(u, graph.Transpose(w, 0, 1)).MatMul(), fuzz, 0, 1)
		u = unitNorm(graph.Dot(v, w).MatMul(), fuzz, 0, 1)
	}
	sigma := graph.ReduceAllSum(graph.Mul(graph.Dot(v, w).MatMul(), u))
	largest := graph.ReduceAllMax(graph.Abs(kernel))
	empty := graph.Equal(largest, graph.ZerosLike(largest))
	return graph.Where(empty, before, u), graph.Where(empty, kernel, graph.Div(kernel, sigma))
}

// Config returns Keras' configuration of a SpectralNormalization.
func (l *SpectralNormalizationLayer) Config() map[string]any {
	c := l.Base.Config()
	c["layer"], c["power_iterations"] = l.inner.config(), l.iterations
	return c
}

// Rewrite is for a layer's Call: in this pass, and after a training step for
// good, the variable's value is f of it, float32. The gradient of the variable
// is that of the new value, and the optimizer's step starts from there.
func (c *Pass) Rewrite(v *Variable, f func(value *graph.Node) *graph.Node) {
	c.updates = append(c.updates, Update{v, xla.StraightThrough(c.newest(v), f)})
}

// rewritten is the new value of a variable that the pass has, nil if none, and
// forgets it.
func (c *Pass) rewritten(v *Variable) (value *graph.Node) {
	c.updates = slices.DeleteFunc(c.updates, func(u Update) bool {
		if u.Variable == v {
			value = u.Value
		}
		return u.Variable == v
	})
	return value
}

func init() {
	RegisterLayer("SpectralNormalization", func(s *Settings) Layer {
		l := &SpectralNormalizationLayer{}
		l.Init(l, "SpectralNormalization")
		l.AlwaysFloat32()
		l.PowerIterations(s.Int("power_iterations", 1))
		if l.inner = readWrapped(s, "layer", "layer"); l.inner != nil {
			l.inner.check(&l.state)
		}
		return l
	})
}
