package transfer

import (
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// Compose joins a network up to the layer named tap ("" for all of it) and a
// head into one model from image to the head's result: the walkthrough's
// Model(vgg_model.input, pred). The layers and weights are those of the
// network and the head, not copies, so training one trains the other. It is
// compiled with [Head]'s settings.
//
// Train the head alone on [Features], then thaw the network with
// [Backbone.ThawFrom], Compile the composed model with a small learning rate,
// and Fit it to fine-tune it. [Classifier.FineTune] does that.
func Compose(name string, b *Backbone, tap string, head *layers.Model) (*layers.Model, error) {
	m, err := compose(name, b, tap, head)
	if err != nil {
		return nil, fmt.Errorf("transfer: composing %s: %w", name, err)
	}
	return m, nil
}

func compose(name string, b *Backbone, tap string, head *layers.Model) (*layers.Model, error) {
	tapped, err := b.tapped(tap)
	if err != nil {
		return nil, err
	}
	features := tapped.Outputs()[0]
	if err := head.BuildFor(features.Shape()); err != nil {
		return nil, fmt.Errorf("the head does not fit layer %s: %w", features.Layer().Name(), err)
	}
	x := layers.Symbol(features)
	for _, l := range head.Layers() {
		x = l.Apply(x)
	}
	m := layers.Functional(name, symbols(tapped.Inputs()), layers.Symbols{x})
	if err := m.Err(); err != nil {
		return nil, err
	}
	return m, m.Compile(layers.Adamax(HeadLearningRate), layers.CategoricalCrossEntropy, layers.Accuracy)
}

func symbols(tensors []*layers.Tensor) layers.Symbols {
	all := make(layers.Symbols, len(tensors))
	for i, t := range tensors {
		all[i] = t
	}
	return all
}
