package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// RandomElasticTransformLayer moves the pixels of some images of a training
// batch, by chance, in random directions that neighbors share, as if the images
// were on rubber. In inference it changes nothing. Images are (None, height,
// width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_elastic_transform.py)
type RandomElasticTransformLayer struct {
	Base[*RandomElasticTransformLayer]
	affine
	factor, scale span
	values        valueRange
}

func init() {
	RegisterLayer("RandomElasticTransform", func(s *Settings) Layer {
		l := RandomElasticTransform(s.Floats("factor", 1)...).
			Scale(s.Floats("scale", 1)...).
			ValueRange(readValueRange(s))
		l.affine = readAffine(s, &l.state)
		return l
	})
}

// RandomElasticTransform makes the layer. The probability is itself drawn for
// each image, from [0, factor] or from the range of two numbers, within [0, 1];
// Keras' default is 1. Keras' other defaults: a scale from [0, 1], Bilinear, and
// FillReflect. The result is cut to the value range, [0, 255] unless set.
//
// Two things differ from Keras 3.15, which draws one scale for the whole batch,
// and on TensorFlow moves each pixel as far down as to the right. Here each
// image has a scale of its own, and directions are free. What is reflected at
// the upper and left edge begins with the second pixel, as there.
func RandomElasticTransform(factor ...float64) *RandomElasticTransformLayer {
	l := &RandomElasticTransformLayer{affine: affineDefaults, values: bytesRange}
	l.Init(l, "RandomElasticTransform")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l.Scale(1)
}

// Scale sets how strongly images change: by a number s from [0, scale], or from
// the range of two numbers, within [0, 1]. Normal numbers are multiplied by sigma
// and blurred with the standard deviation sigma, 5 % of s times the shorter side,
// and multiplied by 10 % of s times the longer one.
func (l *RandomElasticTransformLayer) Scale(scale ...float64) *RandomElasticTransformLayer {
	l.scale = newSpan(&l.state, "scale", scale, [2]float64{0, 1}, fromZero)
	return l
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *RandomElasticTransformLayer) Interpolation(i Interpolation) *RandomElasticTransformLayer {
	l.setInterpolation(&l.state, i)
	return l
}

// Fill sets what lies outside of the image. Default FillReflect.
func (l *RandomElasticTransformLayer) Fill(f FillMode) *RandomElasticTransformLayer {
	l.setFill(&l.state, f)
	return l
}

// FillValue fills what lies outside of the image with a value: FillConstant.
func (l *RandomElasticTransformLayer) FillValue(value float64) *RandomElasticTransformLayer {
	l.setFillValue(value)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomElasticTransformLayer) ValueRange(low, high float64) *RandomElasticTransformLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomElasticTransformLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call transforms in training.
func (l *RandomElasticTransformLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws which images change, how strongly, and the normal numbers for down
// and for right.
func (l *RandomElasticTransformLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	d := x.Shape().Dimensions
	return []*graph.Node{l.factor.oneOf(c, d[0]), l.scale.draw(c, d[0]),
		c.Normal(d[0], d[1], d[2], 1), c.Normal(d[0], d[1], d[2], 1)}
}

func (l *RandomElasticTransformLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	if l.factor.high == 0 || l.scale.high == 0 {
		return x
	}
	dims := x.Shape().Dimensions
	shorter, longer := float64(min(dims[1], dims[2])), float64(max(dims[1], dims[2]))
	sigma := graph.MaxScalar(graph.MulScalar(drawn[1], 0.05*shorter), 1e-6)
	reach := graph.MulScalar(graph.Floor(sigma), 3)
	most := 3 * int(0.05*shorter*l.scale.high)
	moves := func(noise *graph.Node) *graph.Node {
		noise = graph.Mul(noise, perImage(sigma))
		for axis := 1; axis <= 2; axis++ {
			noise = blurWithin(noise, axis, 2*most+1, sigma, reach)
		}
		alpha := graph.MulScalar(drawn[1], 0.1*longer)
		return graph.Squeeze(graph.Mul(noise, perImage(alpha)), -1)
	}
	warp := xla.Warp{Nearest: l.interpolation == Nearest, Fill: string(l.fill), Value: l.fillValue, ByPixel: true}
	moved := warp.Displaced(x, moves(drawn[2]), moves(drawn[3]))
	return l.values.clip(imagesWhere(drawn[0], moved, x))
}

// Config returns Keras' configuration of a RandomElasticTransform.
func (l *RandomElasticTransformLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["scale"], c["value_range"] = l.factor.ends(), l.scale.ends(), l.values.ends()
	return c
}
