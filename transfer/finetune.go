package transfer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// FineTuneLearningRate is the learning rate after [Classifier.FineTune]: a
// tenth of the head's, so that trained weights change little.
const FineTuneLearningRate = HeadLearningRate / 10

// ThawFrom lets training change the network's layers from the one named on, in
// the order of its Summary, and freezes those before it; "" thaws all. What it
// sets counts from the next Compile on.
//
// Batch normalization stays frozen: its statistics are those of the data that
// the network was trained on, and the weights behind it rely on them. Keras'
// guide to fine-tuning says so, too. GetLayer and SetTrainable(true) thaw such
// a layer nevertheless.
func (b *Backbone) ThawFrom(name string) error {
	if err := b.Ready(); err != nil {
		return err
	}
	all := b.Layers()
	from := 0
	if name != "" {
		from = slices.IndexFunc(all, func(l layers.Layer) bool { return l.Name() == name })
	}
	if from < 0 {
		return fmt.Errorf("transfer: %s has no layer %q to thaw from; the ends of its blocks are %s, and any other layer "+
			"of its Summary will do", b.Name(), name, strings.Join(b.Taps(), ", "))
	}
	b.SetTrainable(true)
	for i, l := range all {
		if _, norm := l.(*layers.BatchNormalizationLayer); norm || i < from {
			l.SetTrainable(false)
		}
	}
	return nil
}

// FineTune prepares the second step of transfer learning, after Fit has trained
// the head: it thaws the network from the layer named on ([Backbone.ThawFrom])
// and compiles the whole model with Adamax at [FineTuneLearningRate],
// categorical cross-entropy and accuracy; Compile changes that. From then on
// Fit, Evaluate and Predict compute the whole model on images, and no features
// are kept.
//
//	_, err = model.Fit(ctx, train, layers.Epochs(10))
//	err = model.FineTune("block3_conv1")
//	_, err = model.Fit(ctx, train, layers.Epochs(3))
func (c *Classifier) FineTune(from string) error {
	if err := c.backbone.ThawFrom(from); err != nil {
		return err
	}
	c.tuned = true
	return c.Compile(layers.Adamax(FineTuneLearningRate), layers.CategoricalCrossEntropy, layers.Accuracy)
}
