package layers

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// pooling2D is what MaxPooling2D and AveragePooling2D share.
type pooling2D struct {
	window
}

// newPooling2D reads the pool size: none means Keras' default 2.
func newPooling2D(s *state, poolSize []int) pooling2D {
	if len(poolSize) == 0 {
		poolSize = []int{2}
	}
	p := pooling2D{window: window{dilation: [2]int{1, 1}, padding: Valid}}
	size, err := pair("pool size", 1, poolSize)
	if err != nil {
		s.invalid("%w", err)
		size = [2]int{1, 1}
	}
	p.size, p.strides = size, size
	return p
}

func (p *pooling2D) setStrides(s *state, strides []int) {
	v, err := pair("strides", 1, strides)
	if err != nil {
		s.invalid("%w", err)
		return
	}
	p.strides = v
}

func (p *pooling2D) setPadding(s *state, mode PaddingMode) {
	if err := mode.check(); err != nil {
		s.invalid("%w", err)
		return
	}
	p.padding = mode
}

// OutputShape wants one image.
func (p *pooling2D) OutputShape(in []Shape) (Shape, error) {
	h, w, channels, err := oneImage(in)
	if err != nil {
		return nil, err
	}
	h, w, _, err = p.image(h, w)
	return Shape{h, w, channels}, err
}

// tiles returns how x falls into windows that neither overlap nor leave gaps
// nor need padding: n, h/kh, kh, w/kw, kw, c. Pixels beyond the last window do
// not count. It returns nil for other windows.
func (p *pooling2D) tiles(x *graph.Node) []int {
	d := x.Shape().Dimensions
	_, _, pads, err := p.image(d[1], d[2])
	if err != nil {
		panic(err)
	}
	if p.strides != p.size || pads[0] != [2]int{} || pads[1] != [2]int{} {
		return nil
	}
	return []int{d[0], d[1] / p.size[0], p.size[0], d[2] / p.size[1], p.size[1], d[3]}
}

// blocks cuts x into its tiles. Reducing axes 2 and 4 is several times faster on
// a CPU than XLA's reduce-window: see BenchmarkMaxPooling2D.
func (p *pooling2D) blocks(x *graph.Node) *graph.Node {
	tiles, d := p.tiles(x), x.Shape().Dimensions
	if tiles == nil {
		return nil
	}
	if h, w := tiles[1]*tiles[2], tiles[3]*tiles[4]; h != d[1] || w != d[2] {
		x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, h), graph.AxisRange(0, w), graph.AxisRange())
	}
	return graph.Reshape(x, tiles...)
}

// taps returns one node for each position (u, v) of the window, in row-major
// order: that pixel of every window, [n, h', w', c]. Padding has the value
// fill. Elementwise operations on the taps reduce the windows; their gradients
// are defined for every window, and on a CPU they are faster than reduce-window.
func (p *pooling2D) taps(x *graph.Node, fill float64) []*graph.Node {
	d := x.Shape().Dimensions
	h, w, pads, err := p.image(d[1], d[2])
	if err != nil {
		panic(err)
	}
	if pads[0] != [2]int{} || pads[1] != [2]int{} {
		x = graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), fill), compute.PadAxis{},
			compute.PadAxis{Start: pads[0][0], End: pads[0][1]},
			compute.PadAxis{Start: pads[1][0], End: pads[1][1]}, compute.PadAxis{})
	}
	var taps []*graph.Node
	for u := range p.size[0] {
		for v := range p.size[1] {
			taps = append(taps, graph.Slice(x, graph.AxisRange(),
				graph.AxisRange(u, u+(h-1)*p.strides[0]+1).Stride(p.strides[0]),
				graph.AxisRange(v, v+(w-1)*p.strides[1]+1).Stride(p.strides[1]), graph.AxisRange()))
		}
	}
	return taps
}

func (p *pooling2D) addConfig(c map[string]any) map[string]any {
	c["pool_size"] = p.size
	c["strides"] = p.strides
	c["padding"] = string(p.padding)
	c["data_format"] = "channels_last"
	return c
}
