package layers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// epoch trains and validates one epoch, from where the good state stands.
func (f *fitting) epoch(ctx context.Context) (Logs, error) {
	p, t := &f.good.position, f.training
	epoch, started := p.Epoch, time.Now()
	f.saved = started
	f.elapsed = time.Duration(p.Seconds * float64(time.Second))
	if p.Step == 0 {
		if err := f.each(func(c Callback) error { return c.OnEpochBegin(t, epoch) }); err != nil {
			return nil, err
		}
	}
	if err := f.rest(epoch); err != nil {
		return nil, err
	}
	f.report.beginEpoch(epoch, f.epochs)
	var order []int32
	if f.stream != nil {
		f.beginStream(ctx)
	} else {
		order = f.order(p.Iterations - p.Step)
	}
	if err := f.trainer.Begin(order, p.Step, p.Sums); err != nil {
		return nil, err
	}
	steps, err := f.steps(ctx, epoch, p.Step, started)
	if err != nil {
		return nil, err
	}
	logs, err := f.means(epoch)
	if err != nil {
		return nil, err
	}
	if f.validates() {
		if err := f.validate(ctx, logs); err != nil {
			// The epoch's steps are done: a run goes on with its validation.
			return nil, errors.Join(err, f.keepInterrupted(steps, started))
		}
	}
	if err := f.each(func(c Callback) error { return c.OnEpochEnd(t, epoch, logs) }); err != nil {
		return nil, err
	}
	f.setSteps(steps)
	names := slices.Clone(t.names)
	for _, extra := range slices.Sorted(maps.Keys(logs)) {
		if !slices.Contains(names, extra) {
			names = append(names, extra)
		}
	}
	took := f.elapsed + time.Since(started)
	t.History.Add(epoch+1, took.Seconds(), logs, names)
	f.report.endEpoch(took, logs, names, t.History)
	p.Epoch = epoch + 1
	return logs, f.keep(0, nil, 0)
}

// order is the rows of an epoch, which follow from the seed and the number of
// steps before the epoch alone.
func (f *fitting) order(iterations int) []int32 {
	return Epoch{Shuffle: f.shuffle, Seed: uint64(f.seedValue), Iteration: iterations}.Order(f.trained)[:f.perEpoch]
}

// progressEvery is the time between two looks at the running means.
const progressEvery = 250 * time.Millisecond

// lookEvery is the time between two looks, as callbacks want it.
func (f *fitting) lookEvery() time.Duration {
	every := progressEvery
	for _, c := range f.callbacks {
		if c, ok := c.(LookCallback); ok {
			every = min(every, c.LookEvery())
		}
	}
	return every
}

// look reads the means over the epoch so far and shows them.
func (f *fitting) look(epoch, step int, took time.Duration) error {
	logs, err := f.means(epoch)
	if err != nil {
		return err
	}
	f.report.progress(step, took, logs)
	for _, c := range f.callbacks {
		if c, ok := c.(LookCallback); ok {
			if err := c.OnLook(f.training, epoch, step, logs); err != nil {
				return fmt.Errorf("layers: callback %T: %w", c, err)
			}
		}
	}
	return nil
}

// steps runs an epoch's steps from the given one on, and returns how many the
// epoch has had.
func (f *fitting) steps(ctx context.Context, epoch, step int, started time.Time) (int, error) {
	looked, every := started, f.lookEvery()
	for {
		more, err := f.more(ctx, step)
		switch {
		case ctx.Err() != nil && (more || err != nil):
			err = fmt.Errorf("%w in epoch %d before step %d: %w", ErrInterrupted, epoch+1, step+1, context.Cause(ctx))
			return step, errors.Join(err, f.keepInterrupted(step, started))
		case err != nil:
			err = fmt.Errorf("in epoch %d before step %d: %w", epoch+1, step+1, err)
			return step, errors.Join(err, f.keepInterrupted(step, started))
		case !more:
			return step, nil
		}
		err = f.batchHooks(func(c BatchCallback) error { return c.OnTrainBatchBegin(f.training, step) })
		if err != nil {
			return step, err
		}
		n, err := f.runSteps(step)
		if err != nil {
			return step, err
		}
		step += n
		if err := f.afterStep(epoch, step-1, started); err != nil {
			return step, err
		}
		if time.Since(looked) > every {
			looked = time.Now()
			if err := f.look(epoch, step, looked.Sub(started)); err != nil {
				return step, err
			}
		}
		if f.training.stop {
			return step, nil
		}
	}
}

// more tells whether an epoch has a step after those done. It waits for the
// batch of a source.
func (f *fitting) more(ctx context.Context, done int) (bool, error) {
	if f.stream != nil {
		more, err := f.stream.more(ctx, done)
		f.training.Waited = f.stream.waited
		return more, err
	}
	return done < f.training.Steps, nil
}

// runSteps runs the next step, or several in one execution, and returns how many.
func (f *fitting) runSteps(step int) (n int, err error) {
	if f.stream != nil {
		return 1, f.trainer.Feed(f.stream.take().data)
	}
	n = 1
	if !f.watchesSteps() {
		n = f.trainer.AtOnce(step)
	}
	return n, f.trainer.Run(n)
}

// watchesSteps tells whether something is to be done after single steps.
func (f *fitting) watchesSteps() bool { return f.saveSteps > 0 || f.hasBatchCallback() }

func (f *fitting) hasBatchCallback() bool {
	return slices.ContainsFunc(f.callbacks, func(c Callback) bool { _, ok := c.(BatchCallback); return ok })
}

// afterStep calls the callbacks that watch steps and saves a run now and then.
func (f *fitting) afterStep(epoch, step int, started time.Time) error {
	if f.hasBatchCallback() {
		logs, err := f.means(epoch)
		if err != nil {
			return err
		}
		if err := f.batchHooks(func(c BatchCallback) error { return c.OnTrainBatchEnd(f.training, step, logs) }); err != nil {
			return err
		}
	}
	due := f.saveSteps > 0 && (step+1)%f.saveSteps == 0 || f.saveEvery > 0 && time.Since(f.saved) > f.saveEvery
	if f.training.run == nil || !due || step+1 == f.training.Steps {
		return nil
	}
	sums, bad, err := f.trainer.Totals()
	if err != nil || bad >= 0 {
		return err // the next look at the losses names the step
	}
	return f.keep(step+1, sums, f.elapsed+time.Since(started))
}

// means reads the epoch's means so far and refuses losses that are no numbers.
func (f *fitting) means(epoch int) (Logs, error) {
	sums, bad, err := f.trainer.Totals()
	if err != nil {
		return nil, err
	}
	if bad < 0 {
		return logsOf(f.figures, sums), nil
	}
	var suspects []string
	for _, v := range f.model.Variables() {
		values, err := v.Flat()
		if err == nil && slices.ContainsFunc(values, func(x float32) bool { return x-x != 0 }) {
			suspects = append(suspects, v.Path)
		}
	}
	return nil, fmt.Errorf("%w in epoch %d, step %d%s. Suspects: a learning rate too high (it is %g); inputs "+
		"that are not finite or not scaled; "+
		"weights that are not finite by now: %v. The model has its last good weights, from epoch %d, step %d",
		ErrNotFinite, epoch+1, bad+1, ofSteps(f.training.Steps), f.training.Optimizer.LearningRate(), suspects,
		f.good.position.Epoch+1, f.good.position.Step)
}

func (f *fitting) validate(ctx context.Context, logs Logs) error {
	err := f.each(func(c Callback) error {
		if test, ok := c.(TestCallback); ok {
			return test.OnTestBegin(f.training)
		}
		return nil
	})
	if err != nil {
		return err
	}
	sums, err := f.validationSums(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ErrInterrupted, err)
		}
		return err
	}
	measured := logsOf(f.figures, sums)
	for name, v := range measured {
		logs["val_"+name] = v
	}
	return f.each(func(c Callback) error {
		if test, ok := c.(TestCallback); ok {
			return test.OnTestEnd(f.training, measured)
		}
		return nil
	})
}

// validationSums measures on the data for validation.
func (f *fitting) validationSums(ctx context.Context) ([]float32, error) {
	if f.measured != nil {
		sums, _, err := f.measured.measured(ctx, f.measuringEpoch(uint64(f.seedValue)))
		return sums, err
	}
	return f.evaluator.Measure(ctx, f.validation, f.from, f.to)
}

// ofSteps says how many steps there are, if that is known.
func ofSteps(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" of %d", n)
}

func (f *fitting) each(call func(Callback) error) error {
	for _, c := range f.callbacks {
		if err := call(c); err != nil {
			return fmt.Errorf("layers: callback %T: %w", c, err)
		}
	}
	return nil
}

func (f *fitting) batchHooks(call func(BatchCallback) error) error {
	return f.each(func(c Callback) error {
		if b, ok := c.(BatchCallback); ok {
			return call(b)
		}
		return nil
	})
}
