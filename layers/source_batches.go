package layers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/compute"
)

// batch is on the device, filled up to the size of all.
type batch struct {
	data *engine.Data
	size int // of all
	real int // how many examples there are
	// like has no examples, but all else of the batch.
	like *Examples
}

// batches are those of a source that a model reads: checked, and brought to the
// device in the background.
type batches struct {
	model   *Model
	backend compute.Backend
	source  Source
	what    string // "the training data"
	labeled bool
	length  int      // examples of an epoch, 0 if that is unknown
	size    int      // examples in each; 0 before the first
	form    []string // of all batches, see formOf
	reading *reading
	waited  time.Duration // for batches, in all
}

func (m *Model) batchesOf(source Source, what string, labeled bool) (*batches, error) {
	if source == nil {
		return nil, m.checkExamples(nil, what, true)
	}
	if err := m.Ready(); err != nil {
		return nil, err
	}
	length, err := lengthOf(source)
	if err != nil {
		return nil, fmt.Errorf("layers: model %q, %s: %w", m.Name(), what, err)
	}
	backend, err := Backend()
	return &batches{model: m, backend: backend, source: source, what: what, labeled: labeled, length: length}, err
}

// open begins to read an epoch. The batches that it skips have so many examples.
func (b *batches) open(ctx context.Context, epoch Epoch, skipped int) {
	b.reading = read(ctx, b.source, epoch, skipped, b.length, b.prepare)
}

// isOpen tells whether an epoch is being read.
func (b *batches) isOpen() bool { return b.reading != nil }

// next returns the next batch of the epoch, or io.EOF, after which it is closed.
func (b *batches) next(ctx context.Context) (*batch, error) {
	started := time.Now()
	next, err := b.reading.next(ctx)
	b.waited += time.Since(started)
	switch {
	case err == io.EOF:
		b.close()
	case err != nil && ctx.Err() == nil && !errors.As(err, new(*batchError)):
		err = fmt.Errorf("layers: model %q, %s: %w", b.model.Name(), b.what, err)
	}
	return next, err
}

// batchError is one that names model and data already.
type batchError struct{ error }

func (e *batchError) Unwrap() error { return e.error }

func (b *batches) close() {
	if b.reading != nil {
		b.reading.close()
		b.reading = nil
	}
}

// prepare checks a batch and copies it to the device. It runs in the background.
func (b *batches) prepare(number int, e *Examples) (*batch, error) {
	what := fmt.Sprintf("batch %d of %s", number, b.what)
	if err := b.model.checkExamples(e, what, b.labeled); err != nil {
		return nil, &batchError{err}
	}
	if err := b.keepsForm(e); err != nil {
		return nil, &batchError{fmt.Errorf("layers: model %q, %s: %w", b.model.Name(), what, err)}
	}
	like, err := e.Slice(0, 0)
	if err != nil {
		return nil, err
	}
	source := e.filledUp(b.size).arrays()
	if !b.labeled {
		source.Targets, source.Weights = nil, nil
	}
	data, err := engine.UploadBatch(b.backend, source, e.Len())
	if err != nil {
		return nil, &batchError{fmt.Errorf("layers: model %q, %s: %w", b.model.Name(), what,
			engine.ExplainMemory(err, b.size))}
	}
	return &batch{data, b.size, e.Len(), like}, nil
}

// keepsForm compares a batch with the first.
func (b *batches) keepsForm(e *Examples) error {
	form := formOf(e, b.labeled)
	if b.form == nil {
		b.form, b.size = form, cmp.Or(b.size, e.Len())
	}
	if err := sameForm(b.form, form); err != nil {
		return err
	}
	if e.Len() > b.size {
		return fmt.Errorf("wants at most %d examples, as many as the first batch had, got %d; "+
			"layers.Batched(source, n) makes batches of one size", b.size, e.Len())
	}
	return nil
}

// sameForm names the first difference from the first batch.
func sameForm(wanted, came []string) error {
	for i := range max(len(wanted), len(came)) {
		want, got := "nothing more", "nothing more"
		if i < len(wanted) {
			want = wanted[i]
		}
		if i < len(came) {
			got = came[i]
		}
		if want != got {
			return fmt.Errorf("wants what the first batch had, %s; got %s", want, got)
		}
	}
	return nil
}

// formOf says in words what a batch is made of.
func formOf(e *Examples, labeled bool) (form []string) {
	for i, v := range e.inputs() {
		kind := "float32"
		if v.Bytes != nil {
			kind = "bytes"
		}
		if v.scale() != 1 || v.Offset != 0 {
			kind += fmt.Sprintf(", read as %g*v+%g,", v.scale(), v.Offset)
		}
		form = append(form, fmt.Sprintf("input %d of %s of shape %v", i, kind, v.Shape))
	}
	if !labeled {
		return form
	}
	for i, t := range e.outputs() {
		kind := "numbers"
		if t.Labels != nil {
			kind = fmt.Sprintf("labels of %d classes", t.Classes)
		}
		form = append(form, fmt.Sprintf("target %d of %s of shape %v", i, kind, t.shape()))
	}
	if e.Weights != nil {
		form = append(form, "weights of examples")
	}
	if i := slices.IndexFunc(e.Outputs, func(t Target) bool { return t.Weights != nil }); i >= 0 {
		form = append(form, "weights of targets")
	}
	return form
}

// measured is what the batches of an epoch add up to.
func (b *batches) measured(ctx context.Context, epoch Epoch) (sums []float32, steps int, err error) {
	b.open(ctx, epoch, 0)
	defer b.close()
	var measurement *engine.Measurement
	for ; ; steps++ {
		next, err := b.next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		if measurement == nil {
			if measurement, err = b.measurement(next); err != nil {
				next.data.Free()
				return nil, 0, err
			}
			defer measurement.Free()
		}
		if err := measurement.Add(ctx, next.data, next.real); err != nil {
			return nil, 0, err
		}
	}
	sums, err = measurement.Sums()
	return sums, steps, err
}

// measurement begins to measure batches like the first.
func (b *batches) measurement(first *batch) (*engine.Measurement, error) {
	evaluator, err := b.model.evaluator(first.data, first.size)
	if err != nil {
		return nil, err
	}
	return evaluator.Begin()
}
