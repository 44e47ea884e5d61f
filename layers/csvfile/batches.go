package csvfile

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/gocifar/gocifar/layers"
)

// newRow makes room for one example.
func newRow(f *File) *layers.Examples { return newBatch(f, 1) }

// newBatch makes room for examples.
func newBatch(f *File, n int) *layers.Examples {
	e := &layers.Examples{Shape: []int{len(f.inputs)}, Floats: make([]float32, n*len(f.inputs))}
	switch {
	case f.label != "":
		e.Labels, e.Classes = make([]int32, n), len(f.classes)
	case f.targets != nil:
		e.Targets, e.TargetShape = make([]float32, n*len(f.targets)), []int{len(f.targets)}
	}
	return e
}

// Batches reads the rows in the order of the file: layers.Shuffled mixes them.
func (f *File) Batches(ctx context.Context, epoch layers.Epoch) iter.Seq2[*layers.Examples, error] {
	return func(yield func(*layers.Examples, error) bool) {
		if err := f.read(ctx, epoch, yield); err != nil {
			yield(nil, fmt.Errorf("csvfile: %s: %w", f.path, err))
		}
	}
}

func (f *File) read(ctx context.Context, epoch layers.Epoch, yield func(*layers.Examples, error) bool) error {
	t, err := f.open()
	if err != nil {
		return err
	}
	defer t.close()
	columns, err := t.header()
	if err == nil && !slices.Equal(columns, f.columns) {
		err = fmt.Errorf("wants the columns that it had when it was opened, %q, got %q", f.columns, columns)
	}
	if err != nil {
		return err
	}
	size := max(1, epoch.BatchSize)
	batch, n, number := newBatch(f, size), 0, 0
	for t.next() {
		if number >= epoch.Skip {
			if err := f.set(batch, n, t); err != nil {
				return err
			}
		}
		if n++; n < size {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if number < epoch.Skip {
			if !yield(nil, nil) {
				return nil
			}
		} else if !yield(batch, nil) {
			return nil
		}
		n, number = 0, number+1
	}
	if _, err := t.end(); err != nil || n == 0 {
		return err
	}
	last, err := batch.Slice(0, n)
	if err != nil {
		return err
	}
	yield(last, nil)
	return nil
}

// set makes the row that was read example i of a batch.
func (f *File) set(batch *layers.Examples, i int, t *table) error {
	wide, many := len(f.inputs), len(f.targets)
	if err := t.numbers(f.at.inputs, f.columns, batch.Floats[i*wide:(i+1)*wide]); err != nil {
		return err
	}
	if f.at.label < 0 {
		return t.numbers(f.at.targets, f.columns, batch.Targets[i*many:(i+1)*many])
	}
	label := slices.Index(f.classes, t.record[f.at.label])
	if label < 0 {
		return t.wrong(f.at.label, f.columns, fmt.Sprintf("wants one of the classes %q", f.classes))
	}
	batch.Labels[i] = int32(label)
	return nil
}
