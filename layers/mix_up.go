package layers

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// MixUpTransform mixes each image and target of a batch with those of another
// one. (keras/src/layers/preprocessing/image_preprocessing/mix_up.py; Zhang et
// al. 2017)
type MixUpTransform struct{ mixture }

// MixUp makes the transform for [Model.TransformBatches]:
//
//	model.TransformBatches(layers.MixUp(0.2).Classes(10))
//
// An image and its target become w times themselves and 1-w times those of
// another image, with a w of its own from Beta(alpha, alpha). alpha is above 0
// and at most 2; Keras' default is 0.2. The loss has to take targets that are
// numbers, as CategoricalCrossEntropy does.
func MixUp(alpha float64) *MixUpTransform {
	t := &MixUpTransform{mixture{name: "MixUp"}}
	if !(alpha > 0 && alpha <= maxAlpha) {
		t.err = fmt.Errorf("MixUp: alpha must be above 0 and at most %d, got %g", maxAlpha, alpha)
	}
	t.draw = func(c *Pass, x *graph.Node) []*graph.Node {
		n := batchOf(x)
		return []*graph.Node{c.Permutation(n), c.beta(graph.Scalar(c.Graph, dtypes.Float32, alpha), n)}
	}
	t.mix = func(x, partners *graph.Node, drawn []*graph.Node) (mixed, left *graph.Node) {
		w := perImage(drawn[1])
		rest := graph.AddScalar(graph.Neg(w), 1)
		return graph.Add(graph.Mul(w, x), graph.Mul(rest, partners)), drawn[1]
	}
	return t
}

// Classes says how many classes there are, where targets are labels.
func (t *MixUpTransform) Classes(n int) *MixUpTransform {
	t.classes = n
	return t
}
