package layers

import "fmt"

// DropRemainder makes Fit leave out what does not fill a batch at the end of
// each epoch, as tf.data's drop_remainder does: every step then has a whole
// batch. With Shuffle these are other examples in each epoch. Of a [Source] an
// epoch ends before the first batch that has fewer examples than the first one.
func DropRemainder() Option { return fitOption(func(o *options) { o.dropRemainder = true }) }

// perEpoch is how many of n examples an epoch takes.
func (o *options) perEpoch(n int) (int, error) {
	if !o.dropRemainder {
		return n, nil
	}
	if n < o.batchSize() {
		return 0, fmt.Errorf("layers: DropRemainder leaves nothing to train on: %d examples do not fill a batch of %d; "+
			"choose a smaller BatchSize or leave DropRemainder out", n, o.batchSize())
	}
	return n - n%o.batchSize(), nil
}
