package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/gocifar/gocifar/layers"
)

// imageSource are images that come batch by batch, with what they are labeled
// with.
type imageSource struct {
	layers.Source
	name    string // by which its content is known
	rows    int
	batch   int
	labels  []int32
	targets []float32
	known   int // labels and targets are known from this row on,
	at      int // to before this one, the next that is read
	images  layers.Source

	next func() (*layers.Examples, error, bool)
	stop func()
}

// take takes the images: those in memory, or a source of them, whose first batch
// says what they are.
func (e *extraction) take(ctx context.Context, images layers.Source) error {
	examples, ok := images.(*layers.Examples)
	if ok || images == nil || e.batch < 1 {
		e.examples = examples
		return nil
	}
	sized, hasLength := images.(layers.SizedSource)
	named, hasName := images.(layers.FingerprintedSource)
	if !hasLength || !hasName || sized.Len() < 1 {
		return fmt.Errorf("a source of images wants a Len and a Fingerprint, by which their features are kept, as "+
			"imagefolder.Open's has them; %T has not both: layers.Model.Predict needs neither", images)
	}
	name, err := named.Fingerprint()
	if err != nil {
		return err
	}
	s := &imageSource{Source: images, name: name, rows: sized.Len(), batch: e.batch, known: sized.Len(), images: images}
	first, err := s.first(ctx)
	if err != nil {
		return err
	}
	if first.Labels != nil {
		s.labels = make([]int32, s.rows)
	}
	if first.Targets != nil {
		s.targets = make([]float32, s.rows*len(first.Targets)/first.Len())
	}
	if first.Len() != min(s.batch, s.rows) {
		s.Source = layers.Batched(images, s.batch)
	}
	one, err := first.Slice(0, 1)
	if err != nil {
		return err
	}
	copied := *one
	copied.Bytes, copied.Floats = slices.Clone(one.Bytes), slices.Clone(one.Floats)
	e.examples, e.source = &copied, s
	return nil
}

// first returns the first batch.
func (s *imageSource) first(ctx context.Context) (_ *layers.Examples, err error) {
	defer s.recovered(&err)
	for batch, err := range s.Batches(ctx, layers.Epoch{BatchSize: s.batch}) {
		switch {
		case err != nil:
			return nil, fmt.Errorf("batch 1: %w", err)
		case batch == nil || batch.Len() == 0 || batch.Inputs != nil || batch.Outputs != nil:
			return nil, errors.New("batch 1: wants examples of one input and one target")
		}
		return batch, nil
	}
	return nil, errors.New("the source has no batches")
}

// fill computes the features of images from..to, which are a batch of the source.
// Those between two calls have their features.
func (s *imageSource) fill(ctx context.Context, stream *layers.Stream, from, to int, out []float32) (err error) {
	defer s.recovered(&err)
	if s.next == nil {
		s.known, s.at = from, from
		s.next, s.stop = iter.Pull2(s.Batches(ctx, layers.Epoch{BatchSize: s.batch, Skip: from / s.batch}))
		for range from / s.batch {
			if _, err, ok := s.next(); err != nil || !ok {
				return s.ended(err)
			}
		}
	}
	for {
		batch, err, ok := s.next()
		if err != nil || !ok || batch == nil {
			return s.ended(err)
		}
		first := s.at
		s.label(batch)
		switch {
		case first < from:
		case batch.Len() != to-from:
			return fmt.Errorf("batch %d: wants %d images, got %d", from/s.batch+1, to-from, batch.Len())
		default:
			width := len(out) / (to - from)
			return stream.Of(batch).Run(ctx, 0, to-from, func(first int, outputs [][]float32) {
				copy(out[first*width:], outputs[0])
			})
		}
	}
}

// recovered makes a panic of the source an error.
func (s *imageSource) recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("batch %d: the source panicked: %v", s.at/s.batch+1, p)
	}
}

// ended says why there is no batch where one is wanted.
func (s *imageSource) ended(err error) error {
	if err == nil {
		err = fmt.Errorf("the source ended with %d images, and said that it has %d", s.at, s.rows)
	}
	return fmt.Errorf("batch %d: %w", s.at/s.batch+1, err)
}

// label keeps what the images of the next batch are labeled with.
func (s *imageSource) label(batch *layers.Examples) {
	if s.labels != nil {
		copy(s.labels[min(s.at, s.rows):], batch.Labels)
	}
	if s.targets != nil {
		copy(s.targets[min(s.at, s.rows)*len(s.targets)/s.rows:], batch.Targets)
	}
	s.at += batch.Len()
}

// answers returns labels and targets of all images. Where features were there
// before, they are read now.
func (s *imageSource) answers(ctx context.Context) (_ []int32, _ []float32, err error) {
	if s.known == 0 && s.at >= s.rows || s.labels == nil && s.targets == nil {
		return s.labels, s.targets, nil
	}
	if labeled, ok := s.images.(interface{ Labels() []int32 }); ok && s.targets == nil {
		return labeled.Labels(), nil, nil
	}
	defer s.recovered(&err)
	s.at = 0
	for batch, err := range s.Batches(ctx, layers.Epoch{BatchSize: s.batch}) {
		if err != nil || batch == nil {
			return nil, nil, s.ended(err)
		}
		if s.label(batch); s.at >= s.rows {
			return s.labels, s.targets, nil
		}
	}
	return nil, nil, s.ended(nil)
}

func (s *imageSource) close() {
	if s != nil && s.stop != nil {
		s.stop()
	}
}

// len is the number of images.
func (e *extraction) len() int {
	if e.source != nil {
		return e.source.rows
	}
	return e.examples.Len()
}

// content names the images by what they show.
func (e *extraction) content() string {
	if e.source != nil {
		return "source " + e.source.name
	}
	return dataHash(e.examples)
}
