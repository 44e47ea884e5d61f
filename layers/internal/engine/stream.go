package engine

import (
	"errors"
	"fmt"
)

// Feed starts a step on a batch that UploadBatch made, and returns as Run does.
// The batch is the trainer's from then on.
func (t *Trainer) Feed(batch *Data) (err error) {
	before := t.Data
	t.Data = batch
	if t.trainStep == nil || t.Whole && batch.real < t.Batch {
		t.Whole = t.Whole && batch.real == t.Batch
		if err := t.prepareStream(); err != nil {
			return err
		}
	}
	if t.mirror != nil { // the batch before is released on the other devices
		err = t.Wait()
	}
	if err == nil {
		err = t.Run(1)
	}
	if before != nil {
		if err != nil {
			_ = t.Wait()
		}
		before.Free()
	}
	return err
}

// prepareStream makes the step's program, and the order of a batch.
func (t *Trainer) prepareStream() error {
	if err := t.prepareStep(); err != nil {
		return err
	}
	rows := make([]int32, t.Batch)
	for i := range rows {
		rows[i] = int32(i)
	}
	if err := errors.Join(t.Wait(), t.setOrder(rows)); err != nil {
		return fmt.Errorf("layers: starting a step: %w", err)
	}
	return nil
}
