package layers

import "github.com/gomlx/gomlx/core/graph"

// toHSV returns hue (a share of the circle), saturation and value of images
// [batch, height, width, 3]: each [batch, height, width, 1].
// (tensorflow/core/kernels/image/colorspace_op.h)
func toHSV(x *graph.Node) (hue, saturation, value *graph.Node) {
	r, g, b := channel(x, 0), channel(x, 1), channel(x, 2)
	value = graph.Max(r, graph.Max(g, b))
	spread := graph.Sub(value, graph.Min(r, graph.Min(g, b)))
	zero, one := graph.ZerosLike(value), graph.OnesLike(value)
	positive, colored := graph.GreaterThan(value, zero), graph.GreaterThan(spread, zero)
	saturation = graph.Where(positive, graph.Div(spread, graph.Where(positive, value, one)), zero)
	sixth := graph.Div(graph.MulScalar(one, 1.0/6), graph.Where(colored, spread, one))
	sector := func(a, b *graph.Node, start float64) *graph.Node {
		return graph.AddScalar(graph.Mul(sixth, graph.Sub(a, b)), start)
	}
	hue = graph.Where(graph.Equal(r, value), sector(g, b, 0),
		graph.Where(graph.Equal(g, value), sector(b, r, 2.0/6), sector(r, g, 4.0/6)))
	hue = graph.Where(colored, hue, zero)
	return graph.Where(graph.LessThan(hue, zero), graph.AddScalar(hue, 1), hue), saturation, value
}

// toRGB is the inverse of toHSV.
func toRGB(hue, saturation, value *graph.Node) *graph.Node {
	around := graph.MulScalar(hue, 6)
	distance := func(from float64) *graph.Node { return graph.Abs(graph.AddScalar(around, -from)) }
	color := func(share *graph.Node) *graph.Node {
		share = graph.Mul(saturation, graph.ClipScalar(share, 0, 1))
		return graph.Mul(graph.Add(graph.AddScalar(graph.Neg(saturation), 1), share), value)
	}
	return graph.Concatenate([]*graph.Node{
		color(graph.AddScalar(distance(3), -1)),
		color(graph.AddScalar(graph.Neg(distance(2)), 2)),
		color(graph.AddScalar(graph.Neg(distance(4)), 2)),
	}, -1)
}

// toGray returns the brightness of images as the eye sees it, with one channel
// (Keras' rgb_to_grayscale). Images of one channel stay.
func toGray(x *graph.Node) *graph.Node {
	if x.Shape().Dimensions[3] == 1 {
		return x
	}
	sum := graph.MulScalar(channel(x, 0), 0.2989)
	sum = graph.Add(sum, graph.MulScalar(channel(x, 1), 0.5870))
	return graph.Add(sum, graph.MulScalar(channel(x, 2), 0.1140))
}

// channel is one channel of images, which keep their rank.
func channel(x *graph.Node, i int) *graph.Node {
	return graph.SliceAxis(x, -1, graph.AxisRange(i, i+1))
}

// shifted is x moved by some places along an axis; zeros move in.
func shifted(x *graph.Node, axis, by int) *graph.Node {
	length := x.Shape().Dimensions[axis]
	if by == 0 {
		return x
	}
	edge := x.Shape().Clone()
	edge.Dimensions[axis] = min(max(by, -by), length)
	zeros := graph.Zeros(x.Graph(), edge)
	switch {
	case by >= length || by <= -length:
		return zeros
	case by > 0:
		return graph.Concatenate([]*graph.Node{zeros, graph.SliceAxis(x, axis, graph.AxisRange(0, length-by))}, axis)
	}
	return graph.Concatenate([]*graph.Node{graph.SliceAxis(x, axis, graph.AxisRange(-by, length)), zeros}, axis)
}

// truncated is what a cast to uint8 makes of values in [0, 255].
func truncated(x *graph.Node) *graph.Node { return graph.Floor(graph.ClipScalar(x, 0, 255)) }
