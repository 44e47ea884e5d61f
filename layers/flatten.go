package layers

import "github.com/gomlx/gomlx/core/graph"

// FlattenLayer makes one axis of all but the batch axis, in row-major order:
// (None, h, w, c) to (None, h*w*c).
type FlattenLayer struct {
	Base[*FlattenLayer]
	format DataFormat
}

// Flatten makes the layer.
func Flatten() *FlattenLayer {
	l := &FlattenLayer{format: ChannelsLast}
	l.Init(l, "Flatten")
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast. Channels that
// come first are moved to the end, so that both formats give equal results.
func (l *FlattenLayer) DataFormat(f DataFormat) *FlattenLayer {
	refuse(l, f.check())
	l.format = f
	return l
}

// OutputShape is one axis of all values.
func (l *FlattenLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	return Shape{s.Size()}, err
}

// Call reshapes.
func (l *FlattenLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	d := x.Shape().Dimensions
	if rank := len(d); l.format == ChannelsFirst && rank > 2 {
		order := []int{0}
		for axis := 2; axis < rank; axis++ {
			order = append(order, axis)
		}
		x = graph.TransposeAllAxes(x, append(order, 1)...)
	}
	return graph.Reshape(x, d[0], Shape(d[1:]).Size())
}

// Config returns Keras' configuration of a Flatten.
func (l *FlattenLayer) Config() map[string]any {
	c := l.Base.Config()
	c["data_format"] = string(l.format)
	return c
}

func init() {
	RegisterLayer("Flatten", func(s *Settings) Layer { return Flatten().DataFormat(s.DataFormat()) })
}
