package transfer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/transfer/rowfile"
)

// FeatureOption changes how Features works, not what the features mean.
type FeatureOption func(*extraction)

// Batch sets how many images go through the network together. Default 256.
// Memory grows with it, and what a kill loses.
func Batch(images int) FeatureOption { return func(e *extraction) { e.batch = images } }

// CacheIn keeps the features below another folder than GOCIFAR_CACHE's.
func CacheIn(folder string) FeatureOption { return func(e *extraction) { e.folder = folder } }

// OnProgress has report called after every batch, by one goroutine. Without
// it a progress line is shown.
func OnProgress(report func(FeatureProgress)) FeatureOption {
	return func(e *extraction) { e.report = report }
}

// FeatureProgress tells how far Features is.
type FeatureProgress struct {
	// Waiting is true while another process computes the same features.
	Waiting bool
	// Done of Total images have their features; Resumed of them had them
	// before, from an earlier run that did not finish.
	Done, Total, Resumed int
}

// extraction is one call of Features.
type extraction struct {
	backbone *Backbone
	tap      string
	examples *layers.Examples // of a source one, for their kind
	source   *imageSource     // nil where the examples are in memory
	batch    int
	folder   string
	report   func(FeatureProgress)
	// precision of the computation; "" before it is chosen
	precision layers.DTypePolicy
}

// Features returns what the layer named tap makes of every example, as
// examples of the layer's shape with the same labels: what a head is trained
// on. An empty tap means the model's result.
//
// The network runs in inference mode, frozen or not. Its weights are not
// changed and no gradient is computed.
//
// The numbers lie in a file below GOCIFAR_CACHE that is mapped into memory:
// the result needs no memory of its own, and must not be written to. The file
// is found again by the content of weights, images, and everything between
// them, and may be removed at any time no program uses it. Images of a source
// that is not in memory, as imagefolder.Open's, are known by its Fingerprint. A run that is
// interrupted is resumed by the next one; processes that want the same
// features wait for each other.
func Features(ctx context.Context, b *Backbone, tap string, images layers.Source,
	options ...FeatureOption) (*layers.Examples, error) {
	e := &extraction{backbone: b, tap: tap, batch: 256}
	for _, option := range options {
		option(e)
	}
	if err := e.take(ctx, images); err != nil {
		return nil, fmt.Errorf("transfer: features: %w", err)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("transfer: features: %w", err)
	}
	features, err := e.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("transfer: %s: %w", e.what(), err)
	}
	return features, nil
}

// what names the features for people.
func (e *extraction) what() string {
	if e.tap == "" {
		return "features of " + e.backbone.Name()
	}
	return "features of " + e.backbone.Name() + " at " + e.tap
}

func (e *extraction) check() error {
	switch {
	case e.backbone == nil || e.backbone.Model == nil:
		return fmt.Errorf("no network was given")
	case e.examples == nil || e.examples.Len() == 0:
		return fmt.Errorf("no examples were given")
	case e.batch < 1:
		return fmt.Errorf("the batch must be at least 1, got %d", e.batch)
	}
	if err := e.backbone.Ready(); err != nil {
		return err
	}
	want, got := e.backbone.Inputs()[0].Shape(), layers.Shape(e.examples.Shape)
	if !want.Equal(got) {
		return fmt.Errorf("%s wants images of shape %v, got %v (Config.InputShape is the images' shape, Config.Resize "+
			"enlarges them)",
			e.backbone.Name(), want, got)
	}
	if scale := e.examples.Scale; e.backbone.reads0to255 && scale != 0 && scale != 1 {
		return fmt.Errorf("%s was built with Preprocess and reads pixels of 0 to 255, but these examples are scaled by "+
			"%g: give it the examples as they were loaded",
			e.backbone.Name(), scale)
	}
	return nil
}

func (e *extraction) run(ctx context.Context) (*layers.Examples, error) {
	tapped, err := e.backbone.tapped(e.tap)
	if err != nil {
		return nil, err
	}
	if e.folder == "" {
		root, err := cachedir.Root()
		if err != nil {
			return nil, err
		}
		e.folder = root
	}
	if e.precision == "" {
		if e.precision, err = layers.FastestPolicy(); err != nil {
			return nil, err
		}
	}
	// A few examples are not filled up to many.
	stream, err := tapped.Stream(e.examples, min(e.batch, e.len()), e.precision)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	defer e.source.close()
	key, err := featuresKey(tapped, e.examples, e.precision, e.content())
	if err != nil {
		return nil, err
	}
	shape := tapped.Outputs()[0].Shape()
	progress := newFeatureProgress(e)
	builder := rowfile.Builder{
		Path: filepath.Join(e.folder, "features", key+".rows"),
		Spec: rowfile.Spec{
			Key:   key,
			About: fmt.Sprintf("%s, %d examples of %v", e.what(), e.len(), e.examples.Shape),
			Rows:  e.len(), Columns: shape.Size(), ChunkRows: e.batch,
		},
		Fill: func(ctx context.Context, from, to int, out []float32) error {
			if e.source != nil {
				return e.source.fill(ctx, stream, from, to, out)
			}
			return stream.Run(ctx, from, to, func(first int, outputs [][]float32) {
				copy(out[(first-from)*shape.Size():], outputs[0])
			})
		},
		Progress: progress.rows,
		Waiting:  progress.waiting,
	}
	matrix, err := builder.Build(ctx)
	progress.close()
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return nil, fmt.Errorf("%w; GOCIFAR_CACHE or transfer.CacheIn chooses another folder", err)
	}
	if err != nil {
		return nil, err
	}
	labels, targets := e.examples.Labels, e.examples.Targets
	if e.source != nil {
		if labels, targets, err = e.source.answers(ctx); err != nil {
			return nil, err
		}
	}
	return &layers.Examples{
		Shape: shape, Floats: matrix.Values, Labels: labels, Classes: e.examples.Classes,
		Targets: targets, TargetShape: e.examples.TargetShape,
	}, nil
}
