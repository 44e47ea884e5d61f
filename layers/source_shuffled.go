package layers

import (
	"context"
	"fmt"
	"iter"
)

// Shuffled is a source that has the examples of another in a random order, where
// the epoch is to be shuffled, as Fit asks by default. It keeps a number of
// examples in memory and yields a random one of them whenever it reads another,
// as tf.data's shuffle does: the more, the more random. The batches have the size
// of the other's first.
func Shuffled(source Source, buffer int) Source { return &regrouped{source: source, buffer: buffer} }

// Batched is a source that has the examples of another, in their order, in batches
// of a size; the last may be partial.
func Batched(source Source, size int) Source { return &regrouped{source: source, size: size} }

// regrouped makes batches of the examples of others.
type regrouped struct {
	source Source
	buffer int // examples to shuffle among; 0 keeps the order
	size   int // of batches; 0 for the other's
}

func (r *regrouped) Batches(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
	switch {
	case r.buffer < 0 || r.buffer == 0 && r.size < 1:
		return func(yield func(*Examples, error) bool) {
			yield(nil, fmt.Errorf("layers.Shuffled and layers.Batched want at least 1 example, got %d",
				min(r.buffer, r.size)))
		}
	case r.buffer > 0 && !epoch.Shuffle:
		return r.source.Batches(ctx, epoch)
	}
	epoch.Skip = 0 // whoever asked for it counts our batches
	if r.size > 0 {
		epoch.BatchSize = r.size
	}
	return func(yield func(*Examples, error) bool) {
		g := &regrouping{regrouped: r, yield: yield, epoch: epoch}
		number := 0
		for batch, err := range r.source.Batches(ctx, epoch) {
			if number++; err == nil {
				err = g.check(batch)
			}
			if err != nil {
				yield(nil, fmt.Errorf("batch %d as it came: %w", number, err))
				return
			}
			if !g.add(batch) {
				return
			}
		}
		g.end()
	}
}

func (r *regrouped) Len() int { return knownLength(r.source) }

func (r *regrouped) Fingerprint() (string, error) {
	if r.buffer > 0 {
		return fingerprintOf(r.source, fmt.Sprintf("shuffled among %d", r.buffer))
	}
	return fingerprintOf(r.source, fmt.Sprintf("in batches of %d", r.size))
}

// regrouping is an epoch of regrouped.
type regrouping struct {
	*regrouped
	yield func(*Examples, error) bool
	epoch Epoch
	form  []string // of the batches that come
	draw  func(n int) int
	kept  *Examples // the examples to shuffle among
	full  int       // so many
	out   *Examples // the next batch
	ready int       // examples in it
}

// check compares a batch with the first, from which it makes room for all.
func (g *regrouping) check(batch *Examples) error {
	if err := batch.check(batch != nil && batch.outputs() != nil); err != nil {
		return err
	}
	form := formOf(batch, true)
	if g.form != nil {
		return sameForm(g.form, form)
	}
	g.form = form
	if g.size == 0 {
		g.regrouped = &regrouped{g.source, g.buffer, batch.Len()}
	}
	g.out = newRows(batch, g.size)
	if g.buffer > 0 {
		g.kept, g.draw = newRows(batch, g.buffer), g.epoch.Rand().IntN
	}
	return nil
}

// add takes the examples of a batch, and tells whether more are wanted.
func (g *regrouping) add(batch *Examples) bool {
	for row := range batch.Len() {
		switch {
		case g.kept == nil:
			if !g.emit(batch, row) {
				return false
			}
		case g.full < g.buffer:
			g.kept.setRows(g.full, batch, int32(row))
			g.full++
		default:
			i := g.draw(g.full)
			if !g.emit(g.kept, i) {
				return false
			}
			g.kept.setRows(i, batch, int32(row))
		}
	}
	return true
}

// emit adds an example to the next batch, which it yields when it is full.
func (g *regrouping) emit(from *Examples, row int) bool {
	g.out.setRows(g.ready, from, int32(row))
	if g.ready++; g.ready < g.size {
		return true
	}
	g.ready = 0
	return g.yield(g.out, nil)
}

// end yields what is left.
func (g *regrouping) end() {
	for ; g.full > 0; g.full-- {
		i := g.draw(g.full)
		if !g.emit(g.kept, i) {
			return
		}
		g.kept.setRows(i, g.kept, int32(g.full-1))
	}
	if g.ready > 0 {
		last, err := g.out.Slice(0, g.ready)
		g.yield(last, err)
	}
}
