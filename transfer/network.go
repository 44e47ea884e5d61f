package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// imageNetClasses is the number of classes of the ILSVRC challenge, for which
// the official weights were trained.
const imageNetClasses = 1000

// network is what the architectures differ in. Each is a table in its family's
// file: vgg.go, resnet.go and so on. Functions get the completed settings.
type network struct {
	title string // of the function: "VGG16"
	name  string // of the model, as Keras names it: "vgg16"
	// nameOf is the model's name where that depends on the settings.
	nameOf func(Config) string
	// defaultSize is the side of the images it was trained on, minSize the
	// smallest for which every layer has something to look at. There are
	// weights for images of the sizes, too.
	defaultSize, minSize int
	sizes                []int
	// takes lists the settings of Config that not all architectures have.
	takes settings
	// body is the network up to its last feature maps.
	body func(x layers.Symbol, c Config) layers.Symbol
	// top is the classifier, up to the probabilities.
	top func(x layers.Symbol, c Config) layers.Symbol
	// avgPool and maxPool name the poolings; "" is Keras' automatic name.
	avgPool, maxPool string
	// afterPooling follows the pooling, or the body where there is none; nil
	// where nothing does.
	afterPooling func(x layers.Symbol) layers.Symbol
	// preprocess makes the layer that Keras' preprocess_input is; nil where
	// that does nothing because body reads pixels of 0 to 255.
	preprocess func() layers.Layer
	// weights is the file that Keras publishes. unpublished says for which
	// settings there is none.
	weights     func(Config) officialFile
	unpublished func(Config) error
	// variants are the settings by which there are several files; none where
	// there is one with and one without the top.
	variants []Config
}

// Backbone is a pretrained network: a model, and where its weights come from.
type Backbone struct {
	*layers.Model
	// Source says where the weights come from.
	Source Source
	// reads0to255 tells that the model begins with its own preprocessing,
	// classifies that it ends in the classifier of Config.IncludeTop.
	reads0to255, classifies bool
}

// build makes the model and sets its weights.
func (n *network) build(ctx context.Context, c Config) (*Backbone, error) {
	c, err := c.complete(n)
	if err != nil {
		return nil, err
	}
	model := n.model(c)
	if err := model.Err(); err != nil {
		return nil, fmt.Errorf("transfer: %s: %w", n.title, err)
	}
	b := &Backbone{Model: model, classifies: c.IncludeTop}
	b.reads0to255 = c.Preprocess && n.preprocess != nil || n.preprocess == nil && !c.WithoutPreprocessing
	if b.Source, err = n.setWeights(ctx, model, c); err != nil {
		return nil, fmt.Errorf("transfer: %s: %w", n.title, err)
	}
	return b, nil
}

// model connects image, resizing, preprocessing, body, and top or pooling.
func (n *network) model(c Config) *layers.Model {
	// Named, because nested models, which ConvNeXt has, would count first.
	image := layers.Input(c.InputShape...).Named("input_layer")
	x := layers.Symbol(image)
	if c.Resize != 0 {
		x = layers.Resizing(c.Resize, c.Resize).Apply(x)
	}
	if c.Preprocess && n.preprocess != nil {
		x = n.preprocess().Apply(x)
	}
	x = n.body(x, c)
	if c.IncludeTop {
		x = n.top(x, c)
		return layers.Functional(c.Name, layers.Symbols{image}, layers.Symbols{x})
	}
	switch c.Pooling {
	case Avg:
		x = named(layers.GlobalAveragePooling2D(), n.avgPool).Apply(x)
	case Max:
		x = named(layers.GlobalMaxPooling2D(), n.maxPool).Apply(x)
	}
	if n.afterPooling != nil {
		x = n.afterPooling(x)
	}
	return layers.Functional(c.Name, layers.Symbols{image}, layers.Symbols{x})
}

// files lists all that Keras publishes for the architecture.
func (n *network) files() []networkFile {
	variants := n.variants
	if variants == nil {
		variants = []Config{{}}
	}
	var all []networkFile
	for _, c := range variants {
		for _, c.IncludeTop = range []bool{false, true} {
			all = append(all, networkFile{n.weights(c.withDefaults(n)), n.title, c.IncludeTop})
		}
	}
	return all
}

// named names a layer unless the name is empty, which leaves it to Keras' rule.
func named[L interface {
	layers.Layer
	Named(string) L
}](l L, name string) L {
	if name == "" {
		return l
	}
	return l.Named(name)
}

// averageTop is the classifier of most architectures.
func averageTop(x layers.Symbol, c Config) layers.Symbol {
	return predictions(layers.GlobalAveragePooling2D().Named("avg_pool").Apply(x), c)
}

// predictions is the last layer of most classifiers.
func predictions(x layers.Symbol, c Config) layers.Symbol {
	return layers.Dense(c.Classes).Activation(c.ClassifierActivation).Named("predictions").Apply(x)
}

// channels is the number of feature maps.
func channels(x layers.Symbol) int {
	shape := x.Tensor().Shape()
	if len(shape) == 0 {
		return 1 // a layer before refused its input; the model says why
	}
	return shape[len(shape)-1]
}
