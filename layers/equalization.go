package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// EqualizationLayer spreads the values of each channel evenly over the value
// range, in training; in inference it changes nothing. The histogram is that of
// the whole batch, as in Keras. Images are (None, height, width, channels).
// Gradients do not pass, but where a channel has one value only.
// (keras/src/layers/preprocessing/image_preprocessing/equalization.py)
type EqualizationLayer struct {
	Base[*EqualizationLayer]
	bins   int
	values valueRange
}

func init() {
	RegisterLayer("Equalization", func(s *Settings) Layer {
		readAugmentation(s)
		return Equalization().Bins(s.Int("bins", 256)).ValueRange(readValueRange(s))
	})
}

// Equalization makes the layer, with a histogram of 256 bins.
func Equalization() *EqualizationLayer {
	l := &EqualizationLayer{bins: 256, values: bytesRange}
	l.Init(l, "Equalization")
	return l
}

// Bins sets the number of bins of the histogram, at least 2. Default 256.
func (l *EqualizationLayer) Bins(bins int) *EqualizationLayer {
	if bins < 2 || bins > 1<<16 {
		l.Invalid("bins must be between 2 and 65536, got %d", bins)
		return l
	}
	l.bins = bins
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *EqualizationLayer) ValueRange(low, high float64) *EqualizationLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *EqualizationLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call equalizes in training.
func (l *EqualizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws nothing.
func (l *EqualizationLayer) draw(*Pass, *graph.Node) []*graph.Node { return nil }

func (l *EqualizationLayer) transform(x *graph.Node, _ []*graph.Node) *graph.Node {
	x = l.values.to(bytesRange, x)
	var channels []*graph.Node
	for i := range x.Shape().Dimensions[3] {
		channels = append(channels, l.equalize(channel(x, i)))
	}
	return bytesRange.to(l.values, graph.Concatenate(channels, -1))
}

// equalize looks each value of a channel up in the channel's own table.
func (l *EqualizationLayer) equalize(x *graph.Node) *graph.Node {
	last := float64(l.bins - 1)
	bin := func(scaled *graph.Node) *graph.Node {
		return graph.ConvertDType(graph.Floor(graph.ClipScalar(scaled, 0, last)), dtypes.Int32)
	}
	counted := graph.Reshape(bin(graph.DivScalar(graph.MulScalar(x, last), 255)), x.Shape().Size(), 1)
	ones := graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, x.Shape().Size()))
	histogram := graph.Scatter(counted, ones, shapes.Make(dtypes.Float32, l.bins), false, false)
	occupied := graph.ConvertDType(graph.GreaterThan(histogram, graph.ZerosLike(histogram)), dtypes.Float32)
	table := l.table(histogram)
	read := graph.ExpandAxes(bin(graph.MulScalar(graph.DivScalar(x, 255), last)), -1)
	several := graph.ReduceAllSum(occupied)
	several = graph.GreaterThan(several, graph.Scalar(x.Graph(), dtypes.Float32, 1.0))
	return graph.Where(graph.BroadcastToShape(several, x.Shape()), graph.StopGradient(graph.Gather(table, read)), x)
}

// table is the new value of each bin: its share of the cumulated histogram.
func (l *EqualizationLayer) table(histogram *graph.Node) *graph.Node {
	sums := graph.CumSum(histogram, 0)
	zero, total := graph.ZerosLike(sums), graph.ReduceAllSum(histogram)
	// the first sum that is not 0
	all := graph.BroadcastToShape(total, sums.Shape())
	first := graph.ReduceAllMin(graph.Where(graph.GreaterThan(sums, zero), sums, all))
	rest := graph.Sub(total, first)
	rest = graph.Where(graph.GreaterThan(rest, graph.ZerosLike(rest)), rest, graph.OnesLike(rest))
	shares := graph.MulScalar(graph.Sub(sums, first), 255)
	return bytesRange.clip(roundedQuotient(shares, graph.BroadcastToShape(rest, sums.Shape())))
}

// roundedQuotient is a/b rounded to a whole number, halves to the even one. Both
// are whole. XLA's division by one number for all is off by a rounding, so that
// a half may come out below; what is left of a tells.
func roundedQuotient(a, b *graph.Node) *graph.Node {
	nearest := graph.Round(graph.Div(a, b))
	left := graph.Sub(a, graph.Mul(nearest, b))
	half := graph.Equal(graph.MulScalar(graph.Abs(left), 2), b)
	even := graph.Equal(graph.MulScalar(graph.Floor(graph.MulScalar(nearest, 0.5)), 2), nearest)
	return graph.Where(graph.LogicalAnd(half, graph.LogicalNot(even)), graph.Add(nearest, graph.Sign(left)), nearest)
}

// Config returns Keras' configuration of an Equalization.
func (l *EqualizationLayer) Config() map[string]any {
	c := l.Base.Config()
	c["bins"], c["value_range"], c["data_format"] = l.bins, l.values.ends(), "channels_last"
	return c
}
