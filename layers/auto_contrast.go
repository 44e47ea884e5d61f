package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// AutoContrastLayer stretches each channel of each image so that its darkest
// pixel has the value range's lower end and its brightest the upper one, in
// training and in inference. A channel of one value stays. Images are (None,
// height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/auto_contrast.py)
type AutoContrastLayer struct {
	Base[*AutoContrastLayer]
	values valueRange
}

func init() {
	RegisterLayer("AutoContrast", func(s *Settings) Layer {
		readAugmentation(s)
		return AutoContrast().ValueRange(readValueRange(s))
	})
}

// AutoContrast makes the layer.
func AutoContrast() *AutoContrastLayer {
	l := &AutoContrastLayer{values: bytesRange}
	l.Init(l, "AutoContrast")
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *AutoContrastLayer) ValueRange(low, high float64) *AutoContrastLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *AutoContrastLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call stretches.
func (l *AutoContrastLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	return xla.InFloat32(in[0], func(x *graph.Node) *graph.Node { return l.transform(x, nil) })
}

// draw draws nothing.
func (l *AutoContrastLayer) draw(*Pass, *graph.Node) []*graph.Node { return nil }

func (l *AutoContrastLayer) transform(original *graph.Node, _ []*graph.Node) *graph.Node {
	x := l.values.to(bytesRange, original)
	low := graph.ReduceAndKeep(x, graph.ReduceMin, 1, 2)
	spread := graph.Sub(graph.ReduceAndKeep(x, graph.ReduceMax, 1, 2), low)
	varied := graph.GreaterThan(spread, graph.ZerosLike(spread))
	scale := graph.Div(graph.MulScalar(graph.OnesLike(spread), 255), graph.Where(varied, spread, graph.OnesLike(spread)))
	y := graph.Sub(graph.Mul(x, scale), graph.Mul(low, scale))
	y = bytesRange.to(l.values, bytesRange.clip(y))
	return graph.Where(graph.BroadcastToShape(varied, y.Shape()), y, original)
}

// Config returns Keras' configuration of an AutoContrast.
func (l *AutoContrastLayer) Config() map[string]any {
	c := l.Base.Config()
	c["value_range"], c["data_format"] = l.values.ends(), "channels_last"
	return c
}
