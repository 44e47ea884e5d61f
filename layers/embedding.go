package layers

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// EmbeddingLayer gives each whole number a vector that is learned: (None, …) to
// (None, …, outputDim). Variable: embeddings (inputDim, outputDim).
// (keras/src/layers/core/embedding.py)
type EmbeddingLayer struct {
	Base[*EmbeddingLayer]
	inputDim, outputDim int
	maskZero            bool
	options             WeightOptions
	embeddings          *Variable
}

func init() {
	RegisterLayer("Embedding", func(s *Settings) Layer {
		s.Ignore("input_length")
		s.Only("quantization_config")
		l := Embedding(s.Int("input_dim", 0), s.Int("output_dim", 0))
		l.options = s.WeightOptions("embeddings", l.options.Initializer)
		l.maskZero = s.Bool("mask_zero", false)
		return l
	})
}

// Embedding makes a layer for numbers from 0 to inputDim-1. They come as
// float32 and are cut to whole ones, as in Keras; a number outside has a vector
// of NaN. Keras' default: vectors from RandomUniform(-0.05, 0.05).
func Embedding(inputDim, outputDim int) *EmbeddingLayer {
	l := &EmbeddingLayer{inputDim: inputDim, outputDim: outputDim}
	l.Init(l, "Embedding")
	l.AlwaysFloat32() // bfloat16 does not hold numbers above 256
	l.options.Initializer = RandomUniform(-0.05, 0.05)
	if inputDim < 1 || outputDim < 1 {
		l.Invalid("input_dim and output_dim must be at least 1, got %d and %d", inputDim, outputDim)
	}
	return l
}

// Embeddings sets how the vectors start, and what holds them; a nil initializer
// leaves Keras' default.
func (l *EmbeddingLayer) Embeddings(o WeightOptions) *EmbeddingLayer {
	l.options.replace(&l.state, "embeddings", o)
	return l
}

// MaskZero says that the number 0 fills up sequences: the layers behind leave
// such steps out. See [Masker].
func (l *EmbeddingLayer) MaskZero() *EmbeddingLayer {
	l.maskZero = true
	return l
}

// OutputMask is true where the number is not 0, with MaskZero.
func (l *EmbeddingLayer) OutputMask(c *Pass, in, _ []*graph.Node) *graph.Node {
	if !l.maskZero {
		return nil
	}
	return graph.StopGradient(graph.NotEqual(in[0], graph.ScalarZero(c.Graph, in[0].DType())))
}

// OutputShape adds the vectors' axis.
func (l *EmbeddingLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	return append(s.Clone(), l.outputDim), nil
}

// Build creates the vectors.
func (l *EmbeddingLayer) Build([]Shape) error {
	l.embeddings = l.AddWeight("embeddings", Shape{l.inputDim, l.outputDim}, l.options)
	return nil
}

// Call looks the vectors up.
func (l *EmbeddingLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	whole := graph.ConvertDType(in[0], dtypes.Int32)
	last := graph.Scalar(c.Graph, dtypes.Int32, l.inputDim-1)
	known := graph.Min(graph.Max(whole, graph.ScalarZero(c.Graph, dtypes.Int32)), last)
	y := graph.Gather(c.Value(l.embeddings), graph.ExpandAxes(known, -1))
	inside := graph.BroadcastToShape(graph.ExpandAxes(graph.Equal(known, whole), -1), y.Shape())
	return graph.Where(inside, y, graph.BroadcastToShape(graph.Scalar(c.Graph, y.DType(), math.NaN()), y.Shape()))
}

// Config returns Keras' configuration of an Embedding.
func (l *EmbeddingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["input_dim"], c["output_dim"], c["mask_zero"] = l.inputDim, l.outputDim, l.maskZero
	l.options.AddConfig(c, "embeddings")
	c["activity_regularizer"], c["quantization_config"] = RegularizerConfig(l.activity), nil
	return c
}
