package layers

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gocifar/gocifar/layers/internal/engine"
)

// fitStream brings the batches of a source to a fit.
type fitStream struct {
	*batches
	epoch    Epoch  // that is read
	perEpoch int    // StepsPerEpoch, 0 for as many as there are
	whole    bool   // DropRemainder
	taken    int    // batches of this epoch of the source
	examples int    // in those
	pending  *batch // read and not taken
	state    *engine.State
}

// sourcePosition is where a source stands.
type sourcePosition struct {
	Epoch     int `json:"epoch"` // Epoch.Number
	Iteration int `json:"iteration"`
	Taken     int `json:"taken"` // batches
	Examples  int `json:"examples"`
	Size      int `json:"size"` // of batches
}

// openStream prepares to read from a source, and says how many steps an epoch
// has, 0 if only batches will tell.
func (f *fitting) openStream() (steps int, err error) {
	if f.validationSplit > 0 {
		return 0, errors.New("layers: ValidationSplit wants examples in memory (layers.Examples), the training data " +
			"are another Source: use ValidationData")
	}
	b, err := f.model.batchesOf(f.source, "the training data", true)
	if err != nil {
		return 0, err
	}
	f.stream = &fitStream{batches: b, perEpoch: f.stepsPerEpoch, whole: f.dropRemainder,
		epoch: Epoch{BatchSize: f.batchSize(), Shuffle: f.shuffle, Seed: uint64(f.seedValue)}}
	return f.stepsPerEpoch, nil
}

// firstBatch begins to read where the fit stands, and takes from the first batch
// what all have in common.
func (f *fitting) firstBatch(ctx context.Context) error {
	s := f.stream
	if at := f.good.position.Source; at != nil {
		s.size = at.Size
	}
	f.beginStream(ctx)
	first, err := s.peek(ctx)
	switch {
	case err == io.EOF && s.size > 0: // what is left of the epoch is its validation
		f.setSteps(f.good.position.Step)
		return nil
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("%w before the first step: %w", ErrInterrupted, context.Cause(ctx))
	case err != nil:
		return err
	}
	if first.size%f.devices != 0 {
		return fmt.Errorf("layers: DataParallel(%d) wants batches that %d devices share evenly, those of the source "+
			"have %d examples", f.devices, f.devices, first.size)
	}
	f.setSteps(s.steps())
	f.weights, err = f.weightTable(first.like)
	return err
}

// beginStream begins an epoch of the source, if none is being read.
func (f *fitting) beginStream(ctx context.Context) {
	s, p := f.stream, &f.good.position
	if s.isOpen() {
		return
	}
	s.state = &f.model.compiled.state
	at := sourcePosition{Epoch: f.firstEpoch(), Iteration: s.state.Iterations}
	switch {
	case p.Source != nil && (s.perEpoch > 0 || p.Step > 0):
		at = *p.Source
	case s.perEpoch > 0:
		at.Epoch = 0
	}
	s.start(ctx, at)
}

// start reads the source from a position on.
func (s *fitStream) start(ctx context.Context, at sourcePosition) {
	s.epoch.Number, s.epoch.Iteration, s.epoch.Skip = at.Epoch, at.Iteration, at.Taken
	s.taken, s.examples = at.Taken, at.Examples
	s.open(ctx, s.epoch, s.examples)
}

func (s *fitStream) position() *sourcePosition {
	return &sourcePosition{Epoch: s.epoch.Number, Iteration: s.epoch.Iteration, Taken: s.taken,
		Examples: s.examples, Size: s.size}
}

// steps is how many batches an epoch has, 0 if that is unknown.
func (s *fitStream) steps() int {
	if s.whole {
		return s.length / s.size
	}
	return stepsOf(s.length, s.size)
}

// peek returns the batch that take will take.
func (s *fitStream) peek(ctx context.Context) (first *batch, err error) {
	if s.pending == nil {
		s.pending, err = s.next(ctx)
	}
	if p := s.pending; p != nil && s.whole && p.real < p.size {
		s.free()
		err = io.EOF
	}
	return s.pending, err
}

// more tells whether there is a batch for an epoch of Fit that has had so many.
func (s *fitStream) more(ctx context.Context, done int) (bool, error) {
	if s.perEpoch > 0 && done >= s.perEpoch {
		return false, nil
	}
	_, err := s.peek(ctx)
	if err == io.EOF && s.perEpoch > 0 {
		s.start(ctx, sourcePosition{Epoch: s.epoch.Number + 1, Iteration: s.state.Iterations})
		_, err = s.peek(ctx)
	}
	if err == io.EOF {
		return false, nil
	}
	return err == nil, err
}

// take hands over the batch that peek returned.
func (s *fitStream) take() *batch {
	b := s.pending
	s.pending = nil
	s.taken++
	s.examples += b.real
	return b
}

// free ends the reading.
func (s *fitStream) free() {
	if s.pending != nil {
		s.pending.data.Free()
		s.pending = nil
	}
	s.close()
}

// setSteps notes how many steps an epoch had, where that was unknown.
func (f *fitting) setSteps(n int) {
	if f.stream != nil && f.stream.perEpoch == 0 && !f.training.stop {
		f.training.Steps, f.training.History.Steps, f.report.steps = n, n, n
	}
}
