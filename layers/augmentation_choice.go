package layers

import "github.com/gomlx/gomlx/core/graph"

// choice is a list of augmenting layers of which each image passes through one
// that is drawn for it. RandAugment and AugMix choose several times.
type choice []chosenLayer

// chosenLayer is a layer of a choice.
type chosenLayer struct {
	augmenter
	draws int // how many arrays it draws
	// batches says that the layer looks at all images of the batch together.
	batches bool
}

// geometry, light and tone are the layers of Keras' RandAugment and AugMix, whose
// orders differ. All change images as strongly as the factor says.
func (l *chooser) geometry() choice {
	f := l.factor.ends()
	return choice{
		{augmenter: RandomShear(0, 0).X(f...).Y(f...).Interpolation(l.interpolation), draws: 2},
		{augmenter: RandomTranslation(0, 0).Height(f...).Width(f...).Interpolation(l.interpolation), draws: 2},
		{augmenter: RandomRotation(f...).Interpolation(l.interpolation), draws: 1},
	}
}

func (l *chooser) light() choice {
	f, low, high := l.factor.ends(), l.values.low, l.values.high
	return choice{
		{augmenter: RandomBrightness(f...).ValueRange(low, high), draws: 1},
		{augmenter: RandomColorDegeneration(f...).ValueRange(low, high), draws: 1},
		{augmenter: RandomContrast(f...).ValueRange(low, high), draws: 1},
		{augmenter: RandomSharpness(f...).ValueRange(low, high), draws: 1},
	}
}

func (l *chooser) tone() choice {
	f, low, high := l.factor.ends(), l.values.low, l.values.high
	bits := max(1, float64(int(8*l.factor.high)))
	return choice{
		{augmenter: RandomPosterization(bits).ValueRange(low, high), draws: 1},
		{augmenter: Solarization().Addition(f...).Threshold(f...).ValueRange(low, high), draws: 2},
		{augmenter: AutoContrast().ValueRange(low, high)},
		{augmenter: Equalization().ValueRange(low, high), batches: true},
	}
}

// chooser is what RandAugment and AugMix have in common.
type chooser struct {
	augmentation
	factor        span
	values        valueRange
	interpolation Interpolation
}

func newChooser(l *state, factor []float64) chooser {
	return chooser{values: bytesRange, interpolation: Bilinear,
		factor: newSpan(l, "factor", factor, [2]float64{0, 1}, fromZero)}
}

// addTo adds the settings to a layer's configuration.
func (l *chooser) addTo(config map[string]any) map[string]any {
	config["factor"], config["value_range"] = l.factor.ends(), l.values.ends()
	config["interpolation"] = string(l.interpolation)
	return l.augmentation.addTo(config)
}

// draw draws what all layers of the choice need, one after the other.
func (c choice) draw(p *Pass, x *graph.Node) (drawn []*graph.Node) {
	for _, layer := range c {
		drawn = append(drawn, layer.draw(p, x)...)
	}
	return drawn
}

// apply sends each image through the layer whose place in the list is the
// image's number, float32 [batch], or through none. Images are in groups of
// equal size, each of which is a batch.
func (c choice) apply(x, numbers *graph.Node, drawn []*graph.Node, groups int) *graph.Node {
	chosen := x
	for i, layer := range c {
		own := drawn[:layer.draws]
		drawn = drawn[layer.draws:]
		var y *graph.Node
		if layer.batches {
			size := batchOf(x) / groups
			var parts []*graph.Node
			for g := range groups {
				part := graph.SliceAxis(x, 0, graph.AxisRange(g*size, (g+1)*size))
				parts = append(parts, layer.transform(part, own))
			}
			y = graph.Concatenate(parts, 0)
		} else {
			y = layer.transform(x, own)
		}
		chosen = imagesWhere(graph.Equal(numbers, constantLike(numbers, float64(i))), y, chosen)
	}
	return chosen
}

// draws is how many arrays all layers draw.
func (c choice) draws() (n int) {
	for _, layer := range c {
		n += layer.draws
	}
	return n
}

// drawPlace draws a whole number below n for each image: float32 [batch].
func drawPlace(p *Pass, n, batch int) *graph.Node {
	return graph.Floor(p.Uniform(0, float64(n), batch))
}
