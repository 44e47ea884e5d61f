package layers

import "github.com/gomlx/gomlx/core/graph"

// RandomColorJitterLayer changes brightness, contrast, saturation and hue of
// each image of a training batch, one after the other, as far as they are set.
// In inference it changes nothing. Images are (None, height, width, channels),
// of 3 channels where saturation or hue are set.
// (keras/src/layers/preprocessing/image_preprocessing/random_color_jitter.py)
type RandomColorJitterLayer struct {
	Base[*RandomColorJitterLayer]
	augmentation
	brightness, contrast, saturation, hue []float64 // nil where not set
	values                                valueRange
}

func init() {
	RegisterLayer("RandomColorJitter", func(s *Settings) Layer {
		l := RandomColorJitter().ValueRange(readValueRange(s))
		for key, set := range map[string]func(...float64) *RandomColorJitterLayer{
			"brightness_factor": l.Brightness, "contrast_factor": l.Contrast,
			"saturation_factor": l.Saturation, "hue_factor": l.Hue,
		} {
			if factor := s.Floats(key); factor != nil {
				set(factor...)
			}
		}
		l.augmentation = readAugmentation(s)
		return l
	})
}

// RandomColorJitter makes the layer, which changes nothing until one of
// Brightness, Contrast, Saturation and Hue is set.
func RandomColorJitter() *RandomColorJitterLayer {
	l := &RandomColorJitterLayer{values: bytesRange}
	l.Init(l, "RandomColorJitter")
	return l
}

// Brightness sets the factor of [RandomBrightness].
func (l *RandomColorJitterLayer) Brightness(factor ...float64) *RandomColorJitterLayer {
	return l.set(&l.brightness, factor, "brightness", RandomBrightness(factor...).err)
}

// Contrast sets the factor of [RandomContrast].
func (l *RandomColorJitterLayer) Contrast(factor ...float64) *RandomColorJitterLayer {
	return l.set(&l.contrast, factor, "contrast", RandomContrast(factor...).err)
}

// Saturation sets the factor of [RandomSaturation].
func (l *RandomColorJitterLayer) Saturation(factor ...float64) *RandomColorJitterLayer {
	return l.set(&l.saturation, factor, "saturation", RandomSaturation(factor...).err)
}

// Hue sets the factor of [RandomHue].
func (l *RandomColorJitterLayer) Hue(factor ...float64) *RandomColorJitterLayer {
	return l.set(&l.hue, factor, "hue", RandomHue(factor...).err)
}

func (l *RandomColorJitterLayer) set(to *[]float64, factor []float64, name string, err error) *RandomColorJitterLayer {
	if err != nil {
		l.Invalid("%s: %w", name, err)
	}
	*to = factor
	return l
}

// ValueRange sets the range of the pixels' values. Default 0 to 255.
func (l *RandomColorJitterLayer) ValueRange(low, high float64) *RandomColorJitterLayer {
	l.values = newValueRange(&l.state, low, high)
	return l
}

// OutputShape is the input's shape.
func (l *RandomColorJitterLayer) OutputShape(in []Shape) (Shape, error) {
	if l.saturation != nil || l.hue != nil {
		return colorImage(in)
	}
	return sameImage(in)
}

// Call changes the colors in training.
func (l *RandomColorJitterLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x, low, high := in[0], l.values.low, l.values.high
	if l.brightness != nil {
		x = augment(c, RandomBrightness(l.brightness...).ValueRange(low, high), x)
	}
	if l.contrast != nil {
		x = augment(c, RandomContrast(l.contrast...).ValueRange(low, high), x)
	}
	if l.saturation != nil {
		x = augment(c, RandomSaturation(l.saturation...).ValueRange(low, high), x)
	}
	if l.hue != nil {
		x = augment(c, RandomHue(l.hue...).ValueRange(low, high), x)
	}
	return x
}

// Config returns Keras' configuration of a RandomColorJitter.
func (l *RandomColorJitterLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["value_range"] = l.values.ends()
	for key, factor := range map[string][]float64{
		"brightness_factor": l.brightness, "contrast_factor": l.contrast,
		"saturation_factor": l.saturation, "hue_factor": l.hue,
	} {
		c[key] = span{given: factor}.asGiven()
		if factor == nil {
			c[key] = nil
		}
	}
	return c
}
