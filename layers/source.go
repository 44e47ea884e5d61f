package layers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
)

// Source yields batches of examples: of more of them than memory holds, or such
// as are made while training goes on. Fit, Evaluate and Predict take one where
// they take [Examples], which are a source themselves. A source of one's own:
//
//	type numbers struct{ n int }
//
//	func (s numbers) Batches(ctx context.Context, epoch layers.Epoch) iter.Seq2[*layers.Examples, error] {
//		return func(yield func(*layers.Examples, error) bool) {
//			rng := epoch.Rand()
//			for range s.n {
//				x := rng.Float32()
//				if !yield(&layers.Examples{Shape: []int{1}, Floats: []float32{x}, Targets: []float32{2 * x}}, nil) {
//					return
//				}
//			}
//		}
//	}
//
// Batches are read in the background, a few ahead of the step that is computed.
// [Mapped], [Shuffled], [Batched] and [Take] make sources of others.
type Source interface {
	// Batches yields the batches of an epoch in their order. For the same Epoch
	// they have to be the same, so that an interrupted fit can go on. All have the
	// same inputs, targets and shapes, and none more examples than the first. A
	// batch's memory may be used again once yield has returned.
	//
	// An error ends the epoch, and so does the context, which whatever waits has
	// to watch.
	Batches(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error]
}

// SizedSource is a source that knows how many examples an epoch has. Of others Fit
// knows that after the first epoch.
type SizedSource interface {
	Source
	// Len is the number of examples of an epoch, 0 if it is unknown. Fit reads no
	// batch after those that hold them; fewer are an error.
	Len() int
}

// FingerprintedSource is a source that can tell its data from others, without
// reading them all. A [Run] refuses to go on with other data.
type FingerprintedSource interface {
	Source
	Fingerprint() (string, error)
}

// SourceFunc is a source that a function makes.
type SourceFunc func(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error]

// Batches calls f.
func (f SourceFunc) Batches(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
	return f(ctx, epoch)
}

// Epoch says which batches of a [Source] are asked for.
type Epoch struct {
	// Number counts from 0. It is that of Fit's epoch, but with StepsPerEpoch how
	// often Fit began the source anew. Measuring and predicting ask for epoch 0.
	Number int
	// BatchSize is what Fit, Evaluate or Predict was told, for sources that have no
	// size of their own.
	BatchSize int
	// Shuffle asks for a random order.
	Shuffle bool
	// Seed is the fit's, Iteration the number of steps before the epoch: random
	// numbers follow from these two, see Rand.
	Seed      uint64
	Iteration int
	// Skip is how many of the first batches are not read, since a fit that was
	// interrupted has trained on them. A source may yield nil for each, if that is
	// cheaper.
	Skip int
}

// Rand returns random numbers that are the same each time the epoch is asked for.
func (e Epoch) Rand() *rand.Rand { return rand.New(rand.NewPCG(e.Seed, uint64(e.Iteration))) }

// Order returns the order of n examples: from 0 to n-1, or a random one if the
// epoch is to be shuffled, as Fit has it for examples in memory.
func (e Epoch) Order(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	if e.Shuffle {
		e.Rand().Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return rows
}

// Chunks yields the parts of an epoch's order that its batches are made of. For
// batches that are not read the part is nil.
func (e Epoch) Chunks(n int) iter.Seq[[]int32] {
	return func(yield func([]int32) bool) {
		order, size := e.Order(n), max(1, e.BatchSize)
		for from := 0; from < n; from += size {
			chunk := order[from:min(n, from+size)]
			if from/size < e.Skip {
				chunk = nil
			}
			if !yield(chunk) {
				return
			}
		}
	}
}

// Batches makes examples in memory a [Source]. Fit keeps them on the device
// instead, which is faster.
func (e *Examples) Batches(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
	return func(yield func(*Examples, error) bool) {
		if err := errors.Join(e.check(false), ctx.Err()); err != nil {
			yield(nil, err)
			return
		}
		for chunk := range epoch.Chunks(e.Len()) {
			var batch *Examples
			if chunk != nil {
				batch = newRows(e, len(chunk))
				batch.setRows(0, e, chunk...)
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// stepsOf is how many batches examples make, the last may be partial.
func stepsOf(examples, batchSize int) int { return (examples + batchSize - 1) / batchSize }

// lengthOf is how many examples an epoch of a source has, 0 if that is unknown.
func lengthOf(s Source) (int, error) {
	sized, ok := s.(SizedSource)
	if !ok {
		return 0, nil
	}
	n := sized.Len()
	if n < 0 {
		return 0, fmt.Errorf("the source says that it has %d examples; wants 0, for a number that is unknown, or more",
			n)
	}
	return n, nil
}

// fingerprint tells sources apart, as well as they allow.
func fingerprint(s Source) (string, error) {
	switch s := s.(type) {
	case *Examples:
		return s.fingerprint(), nil
	case FingerprintedSource:
		return s.Fingerprint()
	}
	n, err := lengthOf(s)
	return fmt.Sprintf("%T of %d examples", s, n), err
}
