package layers

import (
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// UpSamplingLayer makes examples larger by whole factors: images (None, h, w, c)
// to (None, h*rows, w*columns, c), sequences (None, steps, c) and volumes (None,
// depth, h, w, c) alike.
type UpSamplingLayer struct {
	Base[*UpSamplingLayer]
	grid          grid
	size          []int
	interpolation Interpolation
}

// UpSampling1D makes a layer that repeats each step of a sequence. The size is
// at least 1; without a value it is Keras' default, 2.
func UpSampling1D(size ...int) *UpSamplingLayer { return newUpSampling(1, "UpSampling1D", size) }

// UpSampling2D makes a layer that repeats the rows and columns of images, or
// finds values between them; see Interpolation. The size is one value, or rows
// and columns, at least 1; without a value it is Keras' default, 2.
func UpSampling2D(size ...int) *UpSamplingLayer { return newUpSampling(2, "UpSampling2D", size) }

// UpSampling3D makes a layer that repeats the positions of volumes. The size is
// one value, or one for depth, height and width, at least 1; without a value it
// is Keras' default, 2.
func UpSampling3D(size ...int) *UpSamplingLayer { return newUpSampling(3, "UpSampling3D", size) }

func newUpSampling(rank int, class string, size []int) *UpSamplingLayer {
	l := &UpSamplingLayer{grid: grid{rank, ChannelsLast}, interpolation: Nearest}
	l.Init(l, class)
	var err error
	if l.size, err = l.grid.numbers("size", 1, orDefault(size, 2)); err != nil {
		l.Invalid("%w", err)
		l.size = slices.Repeat([]int{1}, rank)
	}
	return l
}

// Interpolation sets how UpSampling2D finds values between pixels. Default
// Nearest, which repeats them, and which the others have alone.
func (l *UpSamplingLayer) Interpolation(i Interpolation) *UpSamplingLayer {
	refuse(l, i.check())
	if l.grid.rank != 2 && i != Nearest {
		l.Invalid("%s has no interpolation %q, only %q", l.Class(), i, Nearest)
	}
	l.interpolation = i
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast, which is the
// only one of an UpSampling1D, as in Keras.
func (l *UpSamplingLayer) DataFormat(f DataFormat) *UpSamplingLayer {
	if l.grid.rank == 1 && f == ChannelsFirst {
		l.Invalid("UpSampling1D has no data format %q: it repeats along the first axis behind the batch", f)
		return l
	}
	refuse(l, l.grid.setFormat(f))
	return l
}

// OutputShape wants one input of the layer's number of spatial axes.
func (l *UpSamplingLayer) OutputShape(in []Shape) (Shape, error) {
	sizes, channels, err := l.grid.read(in)
	if err != nil {
		return nil, err
	}
	for axis, factor := range l.size {
		sizes[axis] *= factor
	}
	out := l.grid.shape(sizes, channels)
	return out, out.check()
}

// Call repeats or interpolates.
func (l *UpSamplingLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	if l.interpolation != Nearest {
		return l.grid.computed(in[0], func(x *graph.Node) *graph.Node {
			d := x.Shape().Dimensions
			return sampling{interpolation: l.interpolation}.resized(x, d[1]*l.size[0], d[2]*l.size[1])
		})
	}
	x := in[0]
	var spread, wide, out []int // a position in front of its repetitions
	for axis, d := range x.Shape().Dimensions {
		factor := 1
		if i := axis - l.grid.firstAxis(); i >= 0 && i < l.grid.rank {
			factor = l.size[i]
		}
		spread, wide, out = append(spread, d, 1), append(wide, d, factor), append(out, d*factor)
	}
	return graph.Reshape(graph.BroadcastToDims(graph.Reshape(x, spread...), wide...), out...)
}

// Config returns Keras' configuration of the layer.
func (l *UpSamplingLayer) Config() map[string]any {
	c := l.Base.Config()
	c["size"] = slices.Clone(l.size)
	switch l.grid.rank {
	case 1:
		c["size"] = l.size[0]
		return c
	case 2:
		c["interpolation"] = string(l.interpolation)
	}
	c["data_format"] = string(l.grid.format)
	return c
}

func init() {
	for i, class := range []string{"UpSampling1D", "UpSampling2D", "UpSampling3D"} {
		RegisterLayer(class, func(s *Settings) Layer {
			return newUpSampling(i+1, class, s.Ints("size", 2)).
				Interpolation(Interpolation(strings.ToLower(s.String("interpolation", string(Nearest))))).
				DataFormat(s.DataFormat())
		})
	}
}
