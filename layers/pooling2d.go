package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// pooling2D is what MaxPooling2D and AveragePooling2D share.
type pooling2D[L Layer] struct {
	Base[L]
	window
}

// init is Init with a pool size: none means Keras' default 2.
func (p *pooling2D[L]) init(self L, class string, poolSize []int) {
	p.Init(self, class)
	if len(poolSize) == 0 {
		poolSize = []int{2}
	}
	size, err := pair("pool size", 1, poolSize)
	if err != nil {
		p.Invalid("%w", err)
		size = [2]int{1, 1}
	}
	p.window = window{size: size, strides: size, dilation: [2]int{1, 1}, padding: Valid}
}

// Strides sets the step of the window. Default: the pool size.
func (p *pooling2D[L]) Strides(strides ...int) L {
	v, err := pair("strides", 1, strides)
	if err != nil {
		p.Invalid("%w", err)
		return p.self
	}
	p.strides = v
	return p.self
}

// Padding sets the padding: Valid (default) or Same. Padded positions do not
// count: they are never a maximum, and a window at the border is the mean of
// the pixels it has.
func (p *pooling2D[L]) Padding(mode PaddingMode) L {
	if err := mode.check(); err != nil {
		p.Invalid("%w", err)
		return p.self
	}
	p.padding = mode
	return p.self
}

// OutputShape wants one image.
func (p *pooling2D[L]) OutputShape(in []Shape) (Shape, error) {
	h, w, channels, err := oneImage(in)
	if err != nil {
		return nil, err
	}
	h, w, _, err = p.image(h, w)
	return Shape{h, w, channels}, err
}

// of is the pooling of images x.
func (p *pooling2D[L]) of(x *graph.Node) xla.Pool {
	d := x.Shape().Dimensions
	_, _, pads, err := p.image(d[1], d[2])
	if err != nil {
		panic(err)
	}
	return xla.Pool{Size: p.size, Strides: p.strides, Pads: pads}
}

// Config returns Keras' configuration.
func (p *pooling2D[L]) Config() map[string]any {
	c := p.Base.Config()
	c["pool_size"] = p.size
	c["strides"] = p.strides
	c["padding"] = string(p.padding)
	c["data_format"] = "channels_last"
	return c
}
