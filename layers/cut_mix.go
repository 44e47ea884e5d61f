package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// CutMixTransform replaces a rectangle of each image by that of another image
// of the batch, and mixes the targets by the areas.
// (keras/src/layers/preprocessing/image_preprocessing/cut_mix.py; Yun et al.
// 2019)
type CutMixTransform struct{ mixture }

// CutMix makes the transform for [Model.TransformBatches]:
//
//	model.TransformBatches(layers.CutMix(1).Classes(10))
//
// The share of an image that stays comes from Beta(alpha, alpha), where alpha
// is drawn for each batch from [0, factor], or from the range of two numbers,
// within [0, 1]; Keras' default is 1. The loss has to take targets that are
// numbers, as CategoricalCrossEntropy does.
func CutMix(factor ...float64) *CutMixTransform {
	t := &CutMixTransform{mixture{name: "CutMix"}}
	var s state
	alphas := newSpan(&s, "factor", factor, [2]float64{0, 1}, fromZero)
	if s.err != nil {
		t.err = fmt.Errorf("CutMix: %w", s.err)
	}
	t.draw = func(c *Pass, x *graph.Node) []*graph.Node {
		n := batchOf(x)
		alpha := graph.AddScalar(graph.Reshape(alphas.draw(c, 1)), 1e-6)
		side := graph.Sqrt(graph.AddScalar(graph.Neg(c.beta(alpha, n)), 1))
		box := drawBox(c, x, side, side)
		return append([]*graph.Node{c.Permutation(n)}, box[:]...)
	}
	t.mix = func(x, partners *graph.Node, drawn []*graph.Node) (mixed, left *graph.Node) {
		dims := x.Shape().Dimensions
		area := graph.Mul(graph.Sub(drawn[2], drawn[1]), graph.Sub(drawn[4], drawn[3]))
		left = graph.AddScalar(graph.Neg(graph.DivScalar(area, float64(dims[1]*dims[2]))), 1)
		return graph.Where(insideBox(x, drawn[1:5]), partners, x), left
	}
	return t
}

// Classes says how many classes there are, where targets are labels.
func (t *CutMixTransform) Classes(n int) *CutMixTransform {
	t.classes = n
	return t
}
