package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
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

// of is the pooling of images x.
func (p *pooling2D) of(x *graph.Node) xla.Pool {
	d := x.Shape().Dimensions
	_, _, pads, err := p.image(d[1], d[2])
	if err != nil {
		panic(err)
	}
	return xla.Pool{Size: p.size, Strides: p.strides, Pads: pads}
}

func (p *pooling2D) addConfig(c map[string]any) map[string]any {
	c["pool_size"] = p.size
	c["strides"] = p.strides
	c["padding"] = string(p.padding)
	c["data_format"] = "channels_last"
	return c
}
