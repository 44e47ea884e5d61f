package transfer

import (
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

func TestConfigRefuses(t *testing.T) {
	cifar := layers.Shape{32, 32, 3}
	for name, c := range map[string]struct {
		network *network
		config  Config
		want    string
	}{
		"the walkthrough's InceptionV3": {inceptionV3, Config{InputShape: cifar, Pooling: Max, Weights: ImageNet},
			"input size must be at least 75x75; Received: input_shape=(32, 32, 3)"},
		"says what helps": {inceptionV3, Config{InputShape: cifar}, "Resize: 75 enlarges"},
		"resized too small": {inceptionV3, Config{InputShape: cifar, Resize: 74},
			"at least 75x75; Received: input_shape=(74, 74, 3) (Resize is 74)"},
		"one side": {vgg16, Config{InputShape: layers.Shape{64, 31, 3}},
			"at least 32x32; Received: input_shape=(64, 31, 3)"},
		"resnet":          {resNet50V2, Config{InputShape: layers.Shape{31, 31, 3}}, "at least 32x32"},
		"flat shape":      {vgg16, Config{InputShape: layers.Shape{3072}}, "three integers"},
		"no channels":     {vgg16, Config{InputShape: layers.Shape{32, 32, 0}}, "at least 1"},
		"negative resize": {vgg16, Config{InputShape: cifar, Resize: -1}, "at least 1"},
		"grey":            {vgg16, Config{InputShape: layers.Shape{32, 32, 1}, Weights: ImageNet}, "must have 3 channels"},
		"classes": {vgg16, Config{Weights: ImageNet, IncludeTop: true, Classes: 10},
			"`classes` should be 1000. Received classes=10"},
		"top at 32": {vgg19, Config{InputShape: cifar, Weights: ImageNet, IncludeTop: true},
			"`input_shape` should be (224, 224, 3). Received: input_shape=(32, 32, 3)"},
		"negative classes": {vgg19, Config{IncludeTop: true, Classes: -1}, "at least 1"},
		"pooling":          {vgg16, Config{InputShape: cifar, Pooling: "min"}, `got "min"`},
		"no such file":     {vgg16, Config{InputShape: cifar, Weights: "/no/such.h5"}, "/no/such.h5"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.network.build(t.Context(), c.config)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.network.title) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestResizing enlarges small images inside the graph and compares with
// Keras' Resizing in front of the same network.
func TestResizing(t *testing.T) {
	var golden struct {
		Resized struct{ Image, Mixed4 sample }
	}
	readGolden(t, "values.json", &golden)
	b, err := InceptionV3(t.Context(), Config{InputShape: layers.Shape{32, 32, 3}, Resize: 75, Pooling: Max})
	if err != nil {
		t.Fatal(err)
	}
	fillByFormula(t, b.Model)
	got := outputs(t, b.Tap("resizing", "mixed4"), formulaImages(1, 32).Normalize(255))
	golden.Resized.Image.check(t, "resizing", got[0])
	golden.Resized.Mixed4.check(t, "mixed4", got[1])
}
