package layers

import (
	"context"
	"fmt"
	"iter"
)

// Mapped is a source whose batches f changes: scales, augments, adds weights to.
// f has to keep the number of examples, and to do the same for the same batch. It
// is called in the background.
func Mapped(source Source, f func(*Examples) (*Examples, error)) Source { return &mapped{source, f} }

type mapped struct {
	source Source
	f      func(*Examples) (*Examples, error)
}

func (m *mapped) Batches(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
	return func(yield func(*Examples, error) bool) {
		number := 0
		for batch, err := range m.source.Batches(ctx, epoch) {
			if number++; err == nil && number > epoch.Skip {
				batch, err = m.changed(batch)
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

func (m *mapped) changed(batch *Examples) (*Examples, error) {
	if batch == nil {
		return nil, nil
	}
	n := batch.Len()
	changed, err := m.f(batch)
	if err == nil && changed != nil && changed.Len() != n {
		err = fmt.Errorf("the function of layers.Mapped got %d examples and returned %d; wants as many",
			n, changed.Len())
	}
	return changed, err
}

func (m *mapped) Len() int { return knownLength(m.source) }

func (m *mapped) Fingerprint() (string, error) { return fingerprintOf(m.source, "mapped") }

// Take is a source of the first batches of another: some validation batches, or an
// epoch of a source without end.
func Take(source Source, batches int) Source { return &firstOf{source, batches} }

type firstOf struct {
	source  Source
	batches int
}

func (t *firstOf) Batches(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
	return func(yield func(*Examples, error) bool) {
		if t.batches < 1 {
			yield(nil, fmt.Errorf("layers.Take wants at least 1 batch, got %d", t.batches))
			return
		}
		number := 0
		for batch, err := range t.source.Batches(ctx, epoch) {
			if number++; !yield(batch, err) || number == t.batches {
				return
			}
		}
	}
}

func (t *firstOf) Fingerprint() (string, error) {
	return fingerprintOf(t.source, fmt.Sprintf("the first %d batches", t.batches))
}

// knownLength is the length of a source that is part of another, 0 if unknown.
func knownLength(s Source) int {
	if sized, ok := s.(SizedSource); ok {
		return sized.Len()
	}
	return 0
}

// fingerprintOf is that of a source which another changes.
func fingerprintOf(s Source, change string) (string, error) {
	text, err := fingerprint(s)
	return text + ", " + change, err
}
