package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// SpatialDropoutLayer drops whole channels of each example while training and
// scales the rest by 1/(1-rate); the shape stays.
type SpatialDropoutLayer struct {
	Base[*SpatialDropoutLayer]
	axes   int // spatial ones
	rate   float64
	format DataFormat
	seed   any // of Keras' files; here the run's seed counts
}

// SpatialDropout1D makes the layer for sequences (None, steps, channels); rate
// in [0, 1] is the share of channels dropped (Tompson et al., 2014,
// arXiv:1411.4280).
func SpatialDropout1D(rate float64) *SpatialDropoutLayer { return spatialDropout(1, rate) }

// SpatialDropout2D is SpatialDropout1D for images (None, height, width,
// channels).
func SpatialDropout2D(rate float64) *SpatialDropoutLayer { return spatialDropout(2, rate) }

// SpatialDropout3D is SpatialDropout1D for volumes (None, depth, height, width,
// channels).
func SpatialDropout3D(rate float64) *SpatialDropoutLayer { return spatialDropout(3, rate) }

func spatialDropout(axes int, rate float64) *SpatialDropoutLayer {
	l := &SpatialDropoutLayer{axes: axes, rate: rate, format: ChannelsLast}
	l.Init(l, fmt.Sprintf("SpatialDropout%dD", axes))
	if !(rate >= 0 && rate <= 1) {
		l.Invalid("rate must be between 0 and 1, got %g", rate)
	}
	return l
}

// DataFormat sets where the channels are. Default ChannelsLast.
func (l *SpatialDropoutLayer) DataFormat(f DataFormat) *SpatialDropoutLayer {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.format = f
	return l
}

// OutputShape is the input's shape.
func (l *SpatialDropoutLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err == nil && len(s) != l.axes+1 {
		err = fmt.Errorf("wants inputs of %d axes beside the batch, got %v", l.axes+1, s)
	}
	return s, err
}

// Call drops in training.
func (l *SpatialDropoutLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	if !c.Training || l.rate == 0 {
		return in[0]
	}
	noise := make(noiseShape, l.axes+2)
	for i := range l.axes {
		noise[1+i] = 1
	}
	if l.format == ChannelsFirst {
		noise[1], noise[l.axes+1] = 0, 1
	}
	return c.drop(in[0], l.rate, noise)
}

// Config returns Keras' configuration: these layers have neither trainable nor,
// but for bfloat16, a policy.
func (l *SpatialDropoutLayer) Config() map[string]any {
	c := l.Base.Config()
	delete(c, "trainable")
	if l.policy == "" || l.policy == Float32 {
		c["dtype"] = string(Float32)
	}
	c["rate"], c["seed"] = l.rate, l.seed
	if l.axes > 1 {
		c["data_format"] = string(l.format)
	}
	return c
}

func init() {
	for axes := range 3 {
		axes := axes + 1
		RegisterLayer(fmt.Sprintf("SpatialDropout%dD", axes), func(s *Settings) Layer {
			l := spatialDropout(axes, s.Float("rate", -1))
			l.seed = s.seed()
			if axes > 1 {
				l.DataFormat(s.DataFormat())
			}
			return l
		})
	}
}
