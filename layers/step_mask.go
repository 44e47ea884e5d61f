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
	// OutputMask is the mask of the result, bool [batch, steps], or nil for none.
	// masks are those of the inputs, nil where an input has none.
	OutputMask(c *Pass, in, masks []*graph.Node) *graph.Node
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

// masked notes the mask of a layer's result. It returns the result, or another
// node of the same value where the result is an input that has a mask and the
// layer drops it.
func (c *Pass) masked(l Layer, in []*graph.Node, y *graph.Node) *graph.Node {
	if _, ok := l.(*Model); ok {
		return y // its layers have done so
	}
	var mask *graph.Node
	if masker, ok := l.(Masker); ok {
		mask = masker.OutputMask(c, in, c.stepMasksOf(in))
	} else if len(in) > 0 && slices.Contains(passesMasks, l.Class()) {
		mask = c.stepMasks[in[0]]
	}
	if mask == c.stepMasks[y] {
		return y
	}
	if slices.Contains(in, y) {
		y = graph.Identity(y)
	}
	if mask != nil {
		c.stepMasks[y] = mask
	}
	return y
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
