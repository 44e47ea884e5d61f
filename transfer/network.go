package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// imageNetClasses is the number of classes of the ILSVRC challenge, for which
// the official weights were trained.
const imageNetClasses = 1000

// network is what the four networks differ in. Each is a table in a file of
// its own: vgg.go, inception.go, resnet.go.
type network struct {
	name  string // of the model, as Keras names it: "vgg16"
	title string // of the function: "VGG16"
	// defaultSize is the side of the images it was trained on, minSize the
	// smallest for which every layer has something to look at.
	defaultSize, minSize int
	// body is the network up to its last feature maps.
	body func(x layers.Symbol) layers.Symbol
	// top is the classifier, up to the probabilities.
	top func(x layers.Symbol, classes int) layers.Symbol
	// avgPool and maxPool name the poolings; "" is Keras' automatic name.
	avgPool, maxPool string
	// preprocess makes the layer that Keras' preprocess_input is.
	preprocess func() layers.Layer
	weights    published
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
	b := &Backbone{Model: model, reads0to255: c.Preprocess, classifies: c.IncludeTop}
	if b.Source, err = n.setWeights(ctx, model, c); err != nil {
		return nil, fmt.Errorf("transfer: %s: %w", n.title, err)
	}
	return b, nil
}

// model connects image, resizing, preprocessing, body, and top or pooling.
func (n *network) model(c Config) *layers.Model {
	image := layers.Input(c.InputShape...)
	x := layers.Symbol(image)
	if c.Resize != 0 {
		x = layers.Resizing(c.Resize, c.Resize).Apply(x)
	}
	if c.Preprocess {
		x = n.preprocess().Apply(x)
	}
	x = n.body(x)
	switch {
	case c.IncludeTop:
		x = n.top(x, c.Classes)
	case c.Pooling == Avg:
		x = named(layers.GlobalAveragePooling2D(), n.avgPool).Apply(x)
	case c.Pooling == Max:
		x = named(layers.GlobalMaxPooling2D(), n.maxPool).Apply(x)
	}
	return layers.Functional(c.Name, layers.Symbols{image}, layers.Symbols{x})
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
