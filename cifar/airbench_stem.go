package cifar

import (
	"context"
	"math"
	"slices"

	"github.com/gocifar/gocifar/layers"
)

// measuredPictures is how many pictures the first layers are measured on.
const measuredPictures = 5000

// stem returns the first layers, which are measured rather than trained: one
// that gives each channel mean 0 and variance 1, and the whitening of patches of
// two by two pixels.
func (a Airbench) stem(ctx context.Context, train *layers.Examples) (*layers.NormalizationLayer, layers.Layer, error) {
	sample := spread(train, measuredPictures)
	normalize := layers.Normalization()
	if err := normalize.Adapt(sample); err != nil {
		return nil, nil, err
	}
	spread := layers.VarianceScaling(1.0/3, layers.FanIn, layers.UniformDistribution)
	if a.without[WhiteningPart] {
		filters := 2 * 2 * 2 * train.Shape[2]
		return normalize, layers.Conv2D(filters, 2).KernelInitializer(spread).Named("whitening"), nil
	}
	normalized := layers.Sequential("normalized", layers.Input(train.Shape...), layers.Normalization())
	inner := normalized.Layers()[0].(*layers.NormalizationLayer)
	if err := inner.Adapt(sample); err != nil {
		return nil, nil, err
	}
	rows, err := normalized.Predict(ctx, sample)
	if err != nil {
		return nil, nil, err
	}
	limit := 1 / math.Sqrt(float64(4*train.Shape[2])) // PyTorch's
	whitening := layers.Whitening(2).BiasInitializer(layers.RandomUniform(-limit, limit)).Named("whitening")
	return normalize, whitening, whitening.Adapt(&layers.Examples{Shape: train.Shape, Floats: slices.Concat(rows...)})
}

// spread returns up to n examples from all over a set, which may be in the order
// of its classes.
func spread(e *layers.Examples, n int) *layers.Examples {
	all := e.Len()
	if all <= n {
		return e
	}
	out := *e
	out.Bytes, out.Floats, out.Labels, out.Weights = nil, nil, nil, nil
	size := layers.Shape(e.Shape).Size()
	for i := range n {
		from := i * all / n * size
		if e.Bytes != nil {
			out.Bytes = append(out.Bytes, e.Bytes[from:from+size]...)
		} else {
			out.Floats = append(out.Floats, e.Floats[from:from+size]...)
		}
	}
	return &out
}
