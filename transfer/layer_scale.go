package transfer

import (
	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/gomlx/core/graph"
)

// convNeXtModule is where Keras keeps ConvNeXt's own layers.
const convNeXtModule = "keras.src.applications.convnext"

// layerScale is ConvNeXt's own layer: it multiplies each channel by a weight.
// (keras/src/applications/convnext.py, LayerScale)
type layerScale struct {
	layers.Base[*layerScale]
	start    float64
	channels int
	gamma    *layers.Variable
}

func newLayerScale(start float64, channels int) *layerScale {
	l := &layerScale{start: start, channels: channels}
	l.Init(l, "LayerScale")
	if channels < 1 {
		l.Invalid("projection_dim must be at least 1, got %d", channels)
	}
	return l
}

func init() {
	layers.RegisterLayer("LayerScale", func(s *layers.Settings) layers.Layer {
		return newLayerScale(s.Float("init_values", 1e-6), s.Int("projection_dim", 0))
	})
}

// KerasModule is where Keras keeps the class.
func (l *layerScale) KerasModule() string { return convNeXtModule }

// OutputShape is the input's shape.
func (l *layerScale) OutputShape(in []layers.Shape) (layers.Shape, error) {
	return withChannels(in, l.channels)
}

// Build creates the weights, which have no name of their own in Keras.
func (l *layerScale) Build([]layers.Shape) error {
	l.gamma = l.AddVariable("variable", layers.Shape{l.channels}, layers.Constant(l.start), true)
	return nil
}

// Call multiplies.
func (l *layerScale) Call(c *layers.Pass, in []*graph.Node) *graph.Node {
	return graph.Mul(in[0], graph.ExpandLeftToRank(c.Value(l.gamma), in[0].Rank()))
}

// Config returns Keras' configuration of a LayerScale.
func (l *layerScale) Config() map[string]any {
	c := l.Base.Config()
	c["init_values"], c["projection_dim"] = l.start, l.channels
	return c
}
