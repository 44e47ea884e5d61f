package transfer

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// A Classifier is a frozen network with a head on one of its layers. It reads
// images, but trains and predicts on the network's features, which are computed
// once and kept on disk ([Features]):
//
//	model, err := transfer.NewClassifier(vgg, "block3_pool", head)
//	history, err := model.Fit(ctx, train, layers.Epochs(10), layers.Run("vgg16"))
//	probabilities, err := model.Predict(ctx, test)
//
// Its name, summary, layers and parameters are those of the whole model.
type Classifier struct {
	// Model goes from image to the head's result ([Compose]). It shares its
	// weights with Head.
	*layers.Model
	// Head is what Fit trains, before FineTune.
	Head     *layers.Model
	backbone *Backbone
	tap      string
	tuned    bool // FineTune was called
}

// NewClassifier freezes a network and puts a head on its layer named tap, ""
// for the network's result. The head needs no Input layer: it gets the shape of
// the features. Compile it unless it was compiled before, as [Head] does. The
// classifier takes the head's name.
func NewClassifier(b *Backbone, tap string, head *layers.Model) (*Classifier, error) {
	b.SetTrainable(false)
	model, err := Compose(head.Name(), b, tap, head)
	if err != nil {
		return nil, err
	}
	return &Classifier{Model: model, Head: head, backbone: b, tap: tap}, nil
}

// LoadClassifier is NewClassifier with the head that a run (layers.Run)
// trained.
func LoadClassifier(b *Backbone, tap, run string) (*Classifier, error) {
	head, err := layers.LoadRun(run)
	if err != nil {
		return nil, fmt.Errorf("transfer: the head of run %q: %w", run, err)
	}
	return NewClassifier(b, tap, head)
}

// Features returns what the head is given for images ([Features]).
func (c *Classifier) Features(
	ctx context.Context, images layers.Source, options ...FeatureOption,
) (*layers.Examples, error) {
	return Features(ctx, c.backbone, c.tap, images, options...)
}

// Compile sets how Fit trains (layers.Model.Compile): the head, or after
// FineTune the whole model.
func (c *Classifier) Compile(optimizer layers.Optimizer, loss layers.Loss, metrics ...layers.Metric) error {
	if c.tuned {
		return c.Model.Compile(optimizer, loss, metrics...)
	}
	return c.Head.Compile(optimizer, loss, metrics...)
}

// Fit trains the head on the features of images (layers.Model.Fit). Examples in
// options, such as layers.ValidationData, are features, too. After FineTune, Fit
// trains the whole model on the images, and Examples in options are images.
func (c *Classifier) Fit(
	ctx context.Context, images layers.Source, options ...layers.Option,
) (*layers.History, error) {
	if c.tuned {
		return c.Model.Fit(ctx, images, options...)
	}
	features, err := c.Features(ctx, images)
	if err != nil {
		return nil, err
	}
	return c.Head.Fit(ctx, features, options...)
}

// Evaluate returns the loss and the metrics on images (layers.Model.Evaluate).
func (c *Classifier) Evaluate(
	ctx context.Context, images layers.Source, options ...layers.EvaluateOption,
) (layers.Logs, error) {
	if c.tuned {
		return c.Model.Evaluate(ctx, images, options...)
	}
	features, err := c.Features(ctx, images)
	if err != nil {
		return nil, err
	}
	return c.Head.Evaluate(ctx, features, options...)
}

// Predict returns the head's result for each image (layers.Model.Predict). For
// a few images that are asked for once, Model.Predict leaves no file, and so does
// a layers.Source of images that are not in memory.
func (c *Classifier) Predict(
	ctx context.Context, images layers.Source, options ...layers.PredictOption,
) ([][]float32, error) {
	examples, ok := images.(*layers.Examples)
	if c.tuned || !ok {
		return c.Model.Predict(ctx, images, options...)
	}
	features, err := c.Features(ctx, examples)
	if err != nil {
		return nil, err
	}
	return c.Head.Predict(ctx, features, options...)
}
