package layers

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// RandomGaussianBlurLayer blurs some images of a training batch, by chance,
// with a width of its own each. In inference it changes nothing. Images are
// (None, height, width, channels).
// (keras/src/layers/preprocessing/image_preprocessing/random_gaussian_blur.py)
type RandomGaussianBlurLayer struct {
	Base[*RandomGaussianBlurLayer]
	augmentation
	factor, sigma span
	kernel        [2]int // height and width
	values        valueRange
}

func init() {
	RegisterLayer("RandomGaussianBlur", func(s *Settings) Layer {
		l := RandomGaussianBlur(s.Floats("factor", 1)...).
			KernelSize(s.Ints("kernel_size", 3)...).
			Sigma(s.Floats("sigma", 1)...).
			ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomGaussianBlur makes the layer. The probability is itself drawn for each
// image, from [0, factor] or from the range of two numbers, within [0, 1];
// Keras' default is 1. Keras' other defaults: a kernel of 3x3, and a standard
// deviation from [0, 1] pixels. Keras 3.15 draws one deviation for the whole
// batch, here each image has its own. What is outside of the image counts as 0.
// The result is cut to the value range, [0, 255] unless set.
func RandomGaussianBlur(factor ...float64) *RandomGaussianBlurLayer {
	l := &RandomGaussianBlurLayer{kernel: [2]int{3, 3}, values: bytesRange}
	l.Init(l, "RandomGaussianBlur")
	l.factor = newSpan(&l.state, "factor", factor, [2]float64{0, 1}, fromZero)
	return l.Sigma(1)
}

// KernelSize sets the size of the kernel: one odd number, or height and width.
// Keras 3.15 mixes the weights up where height and width differ; here they are
// those of the two directions.
func (l *RandomGaussianBlurLayer) KernelSize(size ...int) *RandomGaussianBlurLayer {
	if len(size) == 1 {
		size = []int{size[0], size[0]}
	}
	if len(size) != 2 || size[0]%2 != 1 || size[1]%2 != 1 {
		l.Invalid("kernel_size wants 1 odd number of at least 1 or 2, got %v", size)
		return l
	}
	l.kernel = [2]int(size)
	return l
}

// Sigma sets the range of the standard deviation in pixels, of each direction
// by itself: one number s for [0, s], or two, within [0, 1].
func (l *RandomGaussianBlurLayer) Sigma(sigma ...float64) *RandomGaussianBlurLayer {
	l.sigma = newSpan(&l.state, "sigma", sigma, [2]float64{0, 1}, fromZero)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomGaussianBlurLayer) ValueRange(low, high float64) *RandomGaussianBlurLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomGaussianBlurLayer) OutputShape(in []Shape) (Shape, error) { return sameImage(in) }

// Call blurs in training.
func (l *RandomGaussianBlurLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	return augment(c, l, in[0])
}

// draw draws which images are blurred, and their deviations across and down.
func (l *RandomGaussianBlurLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	n := batchOf(x)
	sigma := func() *graph.Node { return graph.AddScalar(l.sigma.draw(c, n), 1e-6) }
	return []*graph.Node{l.factor.oneOf(c, n), sigma(), sigma()}
}

func (l *RandomGaussianBlurLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	blurred := blurAlong(blurAlong(x, 1, l.kernel[0], drawn[2]), 2, l.kernel[1], drawn[1])
	return l.values.clip(imagesWhere(drawn[0], blurred, x))
}

// blurAlong blurs images along an axis, each by a deviation of its own.
func blurAlong(x *graph.Node, axis, size int, sigma *graph.Node) *graph.Node {
	return blurWithin(x, axis, size, sigma, nil)
}

// blurWithin is blurAlong of pixels no further away than an image's reach.
func blurWithin(x *graph.Node, axis, size int, sigma, reach *graph.Node) *graph.Node {
	var sum, weights *graph.Node
	for i := range size {
		offset := i - size/2
		weight := graph.Exp(graph.MulScalar(graph.Square(graph.Div(constantLike(sigma, float64(offset)), sigma)), -0.5))
		if reach != nil && offset != 0 {
			far := graph.LessThan(reach, constantLike(reach, math.Abs(float64(offset))))
			weight = graph.Where(far, graph.ZerosLike(weight), weight)
		}
		part := graph.Mul(shifted(x, axis, -offset), perImage(weight))
		if sum == nil {
			sum, weights = part, weight
		} else {
			sum, weights = graph.Add(sum, part), graph.Add(weights, weight)
		}
	}
	return graph.Div(sum, perImage(weights))
}

// Config returns Keras' configuration of a RandomGaussianBlur.
func (l *RandomGaussianBlurLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["factor"], c["sigma"], c["kernel_size"] = l.factor.ends(), l.sigma.ends(), l.kernel[:]
	c["value_range"] = l.values.ends()
	return c
}
