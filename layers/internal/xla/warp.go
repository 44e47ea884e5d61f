package xla

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Warp says how images are read at places between and outside of their pixels.
// The rules are those of TensorFlow's ImageProjectiveTransformV3
// (tensorflow/core/kernels/image/image_ops.h), which Keras uses.
type Warp struct {
	// Nearest takes the nearest pixel; otherwise the four neighbors are weighed
	// by their distance.
	Nearest bool
	// Fill is what lies outside: "constant" (Value), "nearest" (the edge),
	// "reflect" (dcba|abcd|dcba) or "wrap" (abcd|abcd|abcd).
	Fill  string
	Value float64
	// ByPixel brings pixels outside into the image one by one, after the
	// neighbors of a place are found, by the rules of Keras' map_coordinates on
	// TensorFlow. Otherwise places are brought into it.
	ByPixel bool
}

// Affine maps pixel (x, y) of the result to the place
// (A0 x + A1 y + A2, B0 x + B1 y + B2) of the image. Each is a float32 node
// [batch].
type Affine struct{ A0, A1, A2, B0, B1, B2 *graph.Node }

// Affine returns images [batch, height, width, channels], each transformed by
// its own matrix. The images are float32.
func (w Warp) Affine(images *graph.Node, m Affine) *graph.Node {
	place := overGrid(images)
	return w.at(images, place(m.B0, m.B1, m.B2), place(m.A0, m.A1, m.A2))
}

// Projective does what Affine does with places that are divided by
// C0 x + C1 y + 1, as a camera sees a plane. Where that is 0 there is no image.
func (w Warp) Projective(images *graph.Node, m Affine, c0, c1 *graph.Node) *graph.Node {
	place := overGrid(images)
	divisor := place(c0, c1, graph.OnesLike(c0))
	none := graph.Equal(divisor, graph.ZerosLike(divisor))
	divisor = graph.Where(none, graph.OnesLike(divisor), divisor)
	outside := graph.MulScalar(graph.OnesLike(divisor), -2)
	divided := func(v *graph.Node) *graph.Node { return graph.Where(none, outside, graph.Div(v, divisor)) }
	return w.at(images, divided(place(m.B0, m.B1, m.B2)), divided(place(m.A0, m.A1, m.A2)))
}

// Displaced reads at each pixel of the result what lies dy rows and dx columns
// away, float32 [batch, height, width].
func (w Warp) Displaced(images, dy, dx *graph.Node) *graph.Node {
	at := func(d *graph.Node, axis int) *graph.Node {
		return graph.Add(graph.Iota(d.Graph(), d.Shape(), axis), d)
	}
	return w.at(images, at(dy, 1), at(dx, 2))
}

// overGrid returns a function that computes c0 x + c1 y + c2 for the pixels of
// images; c0, c1 and c2 are [batch].
func overGrid(images *graph.Node) func(c0, c1, c2 *graph.Node) *graph.Node {
	dims := images.Shape().Dimensions
	grid := shapes.Make(dtypes.Float32, dims[0], dims[1], dims[2])
	y, x := graph.Iota(images.Graph(), grid, 1), graph.Iota(images.Graph(), grid, 2)
	spread := func(v *graph.Node) *graph.Node {
		return graph.BroadcastToDims(graph.Reshape(v, dims[0], 1, 1), grid.Dimensions...)
	}
	return func(c0, c1, c2 *graph.Node) *graph.Node {
		return graph.Add(graph.Add(graph.Mul(spread(c0), x), graph.Mul(spread(c1), y)), spread(c2))
	}
}

// tap is one pixel of an axis that a place reads: its index as a float32, and
// its weight, nil for 1.
type tap struct{ index, weight *graph.Node }

// at reads the images at the places y, x [batch, height, width].
func (w Warp) at(images, y, x *graph.Node) *graph.Node {
	dims := images.Shape().Dimensions
	var sum *graph.Node
	for _, row := range w.taps(y, dims[1]) {
		for _, column := range w.taps(x, dims[2]) {
			v := w.read(images, row.index, column.index)
			for _, weight := range []*graph.Node{row.weight, column.weight} {
				if weight != nil {
					v = graph.Mul(v, overChannels(weight, v))
				}
			}
			if sum == nil {
				sum = v
			} else {
				sum = graph.Add(sum, v)
			}
		}
	}
	return sum
}

// taps finds the pixels that the places on an axis of the given length read.
func (w Warp) taps(at *graph.Node, length int) []tap {
	pixel, round := func(index *graph.Node) *graph.Node { return index }, roundAway
	if w.ByPixel {
		pixel, round = func(index *graph.Node) *graph.Node { return w.pixel(index, length) }, graph.Round
	} else {
		at = w.inside(at, length)
	}
	if w.Nearest {
		return []tap{{pixel(round(at)), nil}}
	}
	low := graph.Floor(at)
	high := graph.AddScalar(low, 1)
	return []tap{{pixel(low), graph.Sub(high, at)}, {pixel(high), graph.Sub(at, low)}}
}

// pixel brings the index of a pixel into an axis, unless the outside is filled.
// To reflect is dcb|abcd|dcba: pixel -1 is pixel 1 and not 0.
func (w Warp) pixel(index *graph.Node, length int) *graph.Node {
	n := float64(length)
	within := func(index *graph.Node, period float64) *graph.Node {
		return graph.Sub(index, graph.MulScalar(graph.Floor(graph.DivScalar(index, period)), period))
	}
	switch w.Fill {
	case "wrap":
		return within(index, n)
	case "reflect":
		index = within(graph.Abs(index), 2*n)
		return graph.Min(index, graph.AddScalar(graph.Neg(index), 2*n-1))
	}
	return index // read clips, which is "nearest", or fills
}

// inside moves places outside of an axis into it, unless they are filled.
func (w Warp) inside(at *graph.Node, length int) *graph.Node {
	last := float64(length - 1)
	if w.Fill == "constant" {
		return at
	}
	if length > 1 && w.Fill != "nearest" {
		before, after := w.before(at, length), w.after(at, length)
		zero := graph.ScalarZero(at.Graph(), at.DType())
		end := graph.Scalar(at.Graph(), at.DType(), last)
		at = graph.Where(graph.LessThan(at, zero), before, graph.Where(graph.GreaterThan(at, end), after, at))
	}
	return graph.ClipScalar(at, 0, last)
}

// before is the pixel for a place below 0.
func (w Warp) before(at *graph.Node, length int) *graph.Node {
	n := float64(length)
	if w.Fill == "wrap" {
		turns := graph.AddScalar(graph.Floor(graph.DivScalar(graph.Neg(at), n-1)), 1)
		return graph.Add(at, graph.MulScalar(turns, n))
	}
	at = graph.Add(at, graph.MulScalar(graph.Floor(graph.DivScalar(graph.Neg(at), 2*n)), 2*n))
	mirrored := graph.AddScalar(graph.Neg(at), -1)
	limit := graph.Scalar(at.Graph(), at.DType(), -n)
	return graph.Where(graph.LessThan(at, limit), graph.AddScalar(at, 2*n), mirrored)
}

// after is the pixel for a place behind the last one.
func (w Warp) after(at *graph.Node, length int) *graph.Node {
	n := float64(length)
	if w.Fill == "wrap" {
		return graph.Sub(at, graph.MulScalar(graph.Floor(graph.DivScalar(at, n-1)), n))
	}
	at = graph.Sub(at, graph.MulScalar(graph.Floor(graph.DivScalar(at, 2*n)), 2*n))
	limit := graph.Scalar(at.Graph(), at.DType(), n)
	return graph.Where(graph.GreaterOrEqual(at, limit), graph.AddScalar(graph.Neg(at), 2*n-1), at)
}

// read returns the pixels at whole rows and columns, Value for those outside.
func (w Warp) read(images, row, column *graph.Node) *graph.Node {
	dims := images.Shape().Dimensions
	height, width := dims[1], dims[2]
	y, x := graph.ClipScalar(row, 0, float64(height-1)), graph.ClipScalar(column, 0, float64(width-1))
	v := Pixels(images, graph.ConvertDType(y, dtypes.Int32), graph.ConvertDType(x, dtypes.Int32))
	if w.Fill != "constant" {
		return v
	}
	within := graph.LogicalAnd(graph.Equal(y, row), graph.Equal(x, column))
	value := graph.BroadcastToShape(graph.Scalar(v.Graph(), v.DType(), w.Value), v.Shape())
	return graph.Where(overChannels(within, v), v, value)
}

// Pixels gathers images [batch, height, width, channels] at the rows and
// columns, int32 [batch, h, w], which lie within the images.
func Pixels(images, row, column *graph.Node) *graph.Node {
	dims := images.Shape().Dimensions
	example := graph.Iota(images.Graph(), row.Shape(), 0)
	index := graph.Add(graph.MulScalar(graph.Add(graph.MulScalar(example, dims[1]), row), dims[2]), column)
	flat := graph.Reshape(images, dims[0]*dims[1]*dims[2], dims[3])
	return graph.Gather(flat, graph.ExpandAxes(index, -1))
}

// overChannels gives v [batch, h, w] the shape of images.
func overChannels(v, images *graph.Node) *graph.Node {
	return graph.BroadcastToDims(graph.ExpandAxes(v, -1), images.Shape().Dimensions...)
}

// roundAway rounds halves away from 0, as C's round does.
func roundAway(x *graph.Node) *graph.Node {
	up := func(x *graph.Node) *graph.Node { return graph.Floor(graph.AddScalar(x, 0.5)) }
	zero := graph.ScalarZero(x.Graph(), x.DType())
	return graph.Where(graph.LessThan(x, zero), graph.Neg(up(graph.Neg(x))), up(x))
}

// Windows cuts a window of the given size out of each image [batch, h, w,
// channels]; top and left, int32 [batch], say where it begins.
func Windows(images, top, left *graph.Node, height, width int) *graph.Node {
	n := images.Shape().Dimensions[0]
	window := shapes.Make(dtypes.Int32, n, height, width)
	place := func(start *graph.Node, axis int) *graph.Node {
		start = graph.BroadcastToDims(graph.Reshape(start, n, 1, 1), n, height, width)
		return graph.Add(start, graph.Iota(images.Graph(), window, axis))
	}
	return Pixels(images, place(top, 1), place(left, 2))
}
