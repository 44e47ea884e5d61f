package layers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// DataFormat says where the channels of images stand, by Keras' names.
type DataFormat string

const (
	// ChannelsLast is (None, height, width, channels), and so with one or three
	// spatial axes: the default.
	ChannelsLast DataFormat = "channels_last"
	// ChannelsFirst is (None, channels, height, width). Layers compute with the
	// channels last and move them before and after.
	ChannelsFirst DataFormat = "channels_first"
)

func (f DataFormat) check() error {
	if f != ChannelsLast && f != ChannelsFirst {
		return fmt.Errorf("data format must be %q or %q, got %q", ChannelsLast, ChannelsFirst, f)
	}
	return nil
}

// DataFormat reads data_format, ChannelsLast where it is absent.
func (s *Settings) DataFormat() DataFormat {
	return DataFormat(s.String("data_format", string(ChannelsLast)))
}

// grid is how a layer reads examples of some spatial axes and channels.
type grid struct {
	rank   int // of spatial axes: 1, 2 or 3
	format DataFormat
}

// gridAxes are the names of the spatial axes, by their number.
var gridAxes = [][]string{1: {"steps"}, 2: {"height", "width"}, 3: {"depth", "height", "width"}}

// gridNouns are what examples are called, by the number of spatial axes.
var gridNouns = []string{1: "sequences", 2: "images", 3: "volumes"}

func (g grid) axes() []string { return gridAxes[g.rank] }

// setFormat sets the data format or returns what is wrong with it.
func (g *grid) setFormat(f DataFormat) error {
	if err := f.check(); err != nil {
		return err
	}
	g.format = f
	return nil
}

// read returns the spatial sizes and the channels of the only input.
func (g grid) read(in []Shape) (sizes []int, channels int, err error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, 0, err
	}
	if len(s) != g.rank+1 {
		axes := slices.Clone(g.axes())
		at := len(axes)
		if g.format == ChannelsFirst {
			at = 0
		}
		return nil, 0, fmt.Errorf("wants %s (None, %s), got %v", gridNouns[g.rank],
			strings.Join(slices.Insert(axes, at, "channels"), ", "), s)
	}
	if g.format == ChannelsFirst {
		return slices.Clone(s[1:]), s[0], nil
	}
	return slices.Clone(s[:g.rank]), s[g.rank], nil
}

// shape is the shape of examples of some spatial sizes and channels.
func (g grid) shape(sizes []int, channels int) Shape {
	if g.format == ChannelsFirst {
		return append(Shape{channels}, sizes...)
	}
	return append(slices.Clone(sizes), channels)
}

// computed is f of x, where f has the channels last.
func (g grid) computed(x *graph.Node, f func(x *graph.Node) *graph.Node) *graph.Node {
	return g.asGiven(f(g.channelsLast(x)))
}

// channelsLast is x with the channels last.
func (g grid) channelsLast(x *graph.Node) *graph.Node {
	if g.format != ChannelsFirst {
		return x
	}
	axes := []int{0}
	for axis := range g.rank {
		axes = append(axes, axis+2)
	}
	return graph.TransposeAllAxes(x, append(axes, 1)...)
}

// asGiven is the inverse of channelsLast.
func (g grid) asGiven(x *graph.Node) *graph.Node {
	if g.format != ChannelsFirst {
		return x
	}
	axes := []int{0, g.rank + 1}
	for axis := range g.rank {
		axes = append(axes, axis+1)
	}
	return graph.TransposeAllAxes(x, axes...)
}

// firstAxis is the first spatial axis of a batch.
func (g grid) firstAxis() int {
	if g.format == ChannelsFirst {
		return 2
	}
	return 1
}
