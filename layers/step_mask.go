package layers

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Masks tell which steps of a sequence count. [Masking] and [Embedding] make
// them, the layers behind pass them on, and recurrent layers, attention, means
// and losses leave out the steps that do not count. What masks a layer's result
// follows from those of its inputs, as Keras' compute_mask says.

// Masker is for layers that have a rule of their own for the mask of their
// result. Of other layers those that Keras lets pass masks on do so, and all
// others have results without a mask.
type Masker interface {
	// OutputMask is the mask of the first result, bool [batch, steps], or nil for none.
	// masks are those of the inputs, nil where an input has none.
	OutputMask(c *Pass, in, masks []*graph.Node) *graph.Node
}

// ManyMasks is a [Masker] for [ManyResults] of which not only the first has a mask.
type ManyMasks interface {
	Masker
	// OutputMasks are the masks of the first results; the others have none.
	OutputMasks(c *Pass, in, masks []*graph.Node) []*graph.Node
}

// StepMask returns the mask of a layer's input: bool [batch, steps], true for
// steps that count. It is nil where all do.
func (c *Pass) StepMask(x *graph.Node) *graph.Node { return c.stepMasks[x] }

func (c *Pass) stepMasksOf(in []*graph.Node) []*graph.Node {
	masks := make([]*graph.Node, len(in))
	for i, x := range in {
		masks[i] = c.stepMasks[x]
	}
	return masks
}

// passesMasks are the classes whose result has the mask of their first input.
// (supports_masking in Keras)
var passesMasks = []string{"Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dense",
	"Dropout", "ELU", "GaussianDropout", "GaussianNoise", "GroupNormalization", "GroupQueryAttention", "Identity",
	"LayerNormalization", "LeakyReLU", "MultiHeadAttention", "Normalization", "PReLU", "ReLU", "Rescaling", "Softmax",
	"SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "TimeDistributed", "UnitNormalization"}

// masked notes the masks of a layer's results. It returns the results, or
// another node of the same value where a result is an input that has a mask and
// the layer drops it.
func (c *Pass) masked(l Layer, in, results []*graph.Node) []*graph.Node {
	if _, ok := l.(*Model); ok {
		return results // its layers have done so
	}
	var masks []*graph.Node
	switch masker := l.(type) {
	case ManyMasks:
		masks = masker.OutputMasks(c, in, c.stepMasksOf(in))
	case Masker:
		masks = []*graph.Node{masker.OutputMask(c, in, c.stepMasksOf(in))}
	default:
		if len(in) > 0 && slices.Contains(passesMasks, l.Class()) {
			masks = []*graph.Node{c.stepMasks[in[0]]}
		}
	}
	for i, y := range results {
		var mask *graph.Node
		if i < len(masks) {
			mask = masks[i]
		}
		if mask == c.stepMasks[y] {
			continue
		}
		if slices.Contains(in, y) {
			results[i] = graph.Identity(y)
		}
		if mask != nil {
			c.stepMasks[results[i]] = mask
		}
	}
	return results
}

// stepsLike makes a mask [batch, steps] one that multiplies x [batch, steps, …].
func stepsLike(mask, x *graph.Node) *graph.Node {
	d := mask.Shape().Dimensions
	for len(d) < x.Rank() {
		d = append(slices.Clone(d), 1)
	}
	return graph.Reshape(mask, d...)
}

// keptSteps is x [batch, steps, …] with zeros at the steps that do not count.
func keptSteps(x, mask *graph.Node) *graph.Node {
	wide := graph.BroadcastToShape(stepsLike(mask, x), withDType(x, dtypes.Bool))
	return graph.Where(wide, x, graph.ZerosLike(x))
}
