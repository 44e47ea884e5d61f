package layers

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// AugMixLayer sends each image of a training batch through several chains of
// layers that are drawn for it, and mixes the results with each other and with
// the image. In inference it changes nothing. Images are (None, height, width,
// channels), of 3 channels unless AllOperations is off.
// (keras/src/layers/preprocessing/image_preprocessing/aug_mix.py; Hendrycks et
// al. 2019)
type AugMixLayer struct {
	Base[*AugMixLayer]
	chooser
	chains, depth int
	alpha         float64
	all           bool
}

func init() {
	RegisterLayer("AugMix", func(s *Settings) Layer {
		l := AugMix(s.Floats("factor", 0.3)...).
			Chains(s.Int("num_chains", 3), s.Int("chain_depth", 3)).
			Alpha(s.Float("alpha", 1)).
			AllOperations(s.Bool("all_ops", true)).
			Interpolation(Interpolation(s.String("interpolation", string(Bilinear)))).
			ValueRange(readValueRange(s))
		l.augmentation = readAugmentation(s)
		return l
	})
}

// AugMix makes the layer. The factor says how strongly the layers change images:
// it is given to each, as [0, factor] or as the range of two numbers, within [0,
// 1]. Keras' default is 0.3, and Keras' others are 3 chains of at most 3 layers,
// an alpha of 1, all operations, and Bilinear. Keras 3.15 draws the layers and
// shares once for the batch, here each image has its own.
func AugMix(factor ...float64) *AugMixLayer {
	l := &AugMixLayer{chains: 3, depth: 3, alpha: 1, all: true}
	l.Init(l, "AugMix")
	l.chooser = newChooser(&l.state, factor)
	return l
}

// Chains sets the number of chains, at least 1, and the largest number of layers
// in each. Default 3 and 3.
func (l *AugMixLayer) Chains(chains, depth int) *AugMixLayer {
	if chains < 1 || depth < 0 {
		l.Invalid("wants num_chains of at least 1 and chain_depth of at least 0, got %d and %d", chains, depth)
		chains, depth = 1, 0
	}
	l.chains, l.depth = chains, depth
	return l
}

// Alpha sets the parameter of the shares' distributions: of Dirichlet for the
// chains, of Beta for the image itself. Default 1, at most 100. The smaller it
// is the more the shares differ.
func (l *AugMixLayer) Alpha(alpha float64) *AugMixLayer {
	if !(alpha > 0 && alpha <= 100) {
		l.Invalid("alpha wants a number above 0 and at most 100, got %g", alpha)
		alpha = 1
	}
	l.alpha = alpha
	return l
}

// AllOperations says whether brightness, color, contrast and sharpness change,
// too. Default true.
func (l *AugMixLayer) AllOperations(on bool) *AugMixLayer {
	l.all = on
	return l
}

// Interpolation sets how values between pixels are found: Bilinear (default)
// or Nearest.
func (l *AugMixLayer) Interpolation(i Interpolation) *AugMixLayer {
	l.interpolation = twoWays(&l.state, i)
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *AugMixLayer) ValueRange(low, high float64) *AugMixLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// layers are those to choose from, in Keras' order.
func (l *AugMixLayer) layers() choice {
	all := append(l.geometry(), l.tone()...)
	if l.all {
		all = append(all, l.light()...)
	}
	return all
}

// OutputShape is the input's shape.
func (l *AugMixLayer) OutputShape(in []Shape) (Shape, error) {
	if l.all {
		return colorImage(in)
	}
	return sameImage(in)
}

// Call augments in training.
func (l *AugMixLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return augment(c, l, in[0]) }

// draw draws the image's share, the shares of the chains, and for each place in
// the chains the layer's number, one beyond the last for none, and what all
// layers need. Chains count as parts of one large batch.
func (l *AugMixLayer) draw(c *Pass, x *graph.Node) []*graph.Node {
	n, all := batchOf(x), l.layers()
	drawn := []*graph.Node{graph.Sigmoid(graph.Sub(c.logGamma(l.alpha, n), c.logGamma(l.alpha, n)))}
	var logs []*graph.Node
	for range l.chains {
		logs = append(logs, graph.ExpandAxes(c.logGamma(l.alpha, n), -1))
	}
	shares := graph.Softmax(graph.Concatenate(logs, -1), -1)
	for i := range l.chains {
		drawn = append(drawn, graph.Squeeze(graph.SliceAxis(shares, -1, graph.AxisRange(i, i+1)), -1))
	}
	chains := l.copies(x)
	for range l.depth {
		drawn = append(drawn, drawPlace(c, len(all)+1, batchOf(chains)))
		drawn = append(drawn, all.draw(c, chains)...)
	}
	return drawn
}

// copies are the images once for each chain.
func (l *AugMixLayer) copies(x *graph.Node) *graph.Node {
	return graph.Concatenate(slices.Repeat([]*graph.Node{x}, l.chains), 0)
}

func (l *AugMixLayer) transform(x *graph.Node, drawn []*graph.Node) *graph.Node {
	own, shares, drawn := drawn[0], drawn[1:1+l.chains], drawn[1+l.chains:]
	all, n := l.layers(), batchOf(x)
	chains := l.copies(x)
	for range l.depth {
		end := 1 + all.draws()
		chains = all.apply(chains, drawn[0], drawn[1:end], l.chains)
		drawn = drawn[end:]
	}
	mixed := graph.ZerosLike(x)
	for i, share := range shares {
		part := graph.SliceAxis(chains, 0, graph.AxisRange(i*n, (i+1)*n))
		mixed = graph.Add(mixed, graph.Mul(part, perImage(share)))
	}
	rest := graph.AddScalar(graph.Neg(own), 1)
	return l.values.clip(graph.Add(graph.Mul(perImage(own), x), graph.Mul(perImage(rest), mixed)))
}

// Config returns Keras' configuration of an AugMix.
func (l *AugMixLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["num_chains"], c["chain_depth"], c["alpha"], c["all_ops"] = l.chains, l.depth, l.alpha, l.all
	return c
}
