package transfer

import (
	"fmt"

	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/gomlx/core/graph"
)

// customScale is InceptionResNetV2's own layer: its first input plus a part of
// the second. (keras/src/applications/inception_resnet_v2.py,
// CustomScaleLayer)
type customScale struct {
	layers.Base[*customScale]
	scale float64
}

func newCustomScale(scale float64) *customScale {
	l := &customScale{scale: scale}
	l.Init(l, "CustomScaleLayer")
	return l
}

func init() {
	layers.RegisterLayer("CustomScaleLayer", func(s *layers.Settings) layers.Layer {
		return newCustomScale(s.Float("scale", 1))
	})
}

// KerasModule is where Keras keeps the class.
func (l *customScale) KerasModule() string { return "keras.src.applications.inception_resnet_v2" }

// OutputShape is that of both inputs.
func (l *customScale) OutputShape(in []layers.Shape) (layers.Shape, error) {
	if len(in) != 2 || !in[0].Equal(in[1]) {
		return nil, fmt.Errorf("wants 2 inputs of one shape, got %v", in)
	}
	return in[0], nil
}

// Call adds.
func (l *customScale) Call(_ *layers.Pass, in []*graph.Node) *graph.Node {
	return graph.Add(in[0], graph.MulScalar(in[1], l.scale))
}

// Config returns Keras' configuration of a CustomScaleLayer.
func (l *customScale) Config() map[string]any {
	c := l.Base.Config()
	c["scale"] = l.scale
	return c
}
