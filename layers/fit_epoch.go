package layers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
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
	order := f.order(p.Iterations - p.Step)
	if err := f.trainer.Begin(order, p.Step, p.Sums); err != nil {
		return nil, err
	}
	if err := f.steps(ctx, epoch, p.Step, started); err != nil {
		return nil, err
	}
	logs, err := f.means(epoch)
	if err != nil {
		return nil, err
	}
	if f.to > f.from {
		if err := f.validate(ctx, logs); err != nil {
			// The epoch's steps are done: a run goes on with its validation.
			return nil, errors.Join(err, f.keepInterrupted(f.training.Steps, started))
		}
	}
	if err := f.each(func(c Callback) error { return c.OnEpochEnd(t, epoch, logs) }); err != nil {
		return nil, err
	}
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
	rows := make([]int32, f.trained)
	for i := range rows {
		rows[i] = int32(i)
	}
	if f.shuffle {
		rng := rand.New(rand.NewPCG(uint64(f.seedValue), uint64(iterations)))
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return rows[:f.perEpoch]
}

// progressEvery is the time between two looks at the running means.
const progressEvery = 250 * time.Millisecond

// steps runs an epoch's steps from first on.
func (f *fitting) steps(ctx context.Context, epoch, first int, started time.Time) error {
	looked := started
	for step := first; step < f.training.Steps; {
		if ctx.Err() != nil {
			err := fmt.Errorf("%w in epoch %d before step %d: %w", ErrInterrupted, epoch+1, step+1, context.Cause(ctx))
			return errors.Join(err, f.keepInterrupted(step, started))
		}
		if err := f.batchHooks(func(c BatchCallback) error { return c.OnTrainBatchBegin(f.training, step) }); err != nil {
			return err
		}
		n := 1
		if !f.watchesSteps() {
			n = f.trainer.AtOnce(step)
		}
		if err := f.trainer.Run(n); err != nil {
			return err
		}
		step += n
		if err := f.afterStep(epoch, step-1, started); err != nil {
			return err
		}
		if time.Since(looked) > progressEvery {
			looked = time.Now()
			logs, err := f.means(epoch)
			if err != nil {
				return err
			}
			f.report.progress(step, looked.Sub(started), logs)
		}
		if f.training.stop {
			return nil
		}
	}
	return nil
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
	return nil, fmt.Errorf("%w in epoch %d, step %d of %d. Suspects: a learning rate too high (it is %g); inputs "+
		"that are not finite or not scaled; "+
		"weights that are not finite by now: %v. The model has its last good weights, from epoch %d, step %d",
		ErrNotFinite, epoch+1, bad+1, f.training.Steps, f.training.Optimizer.LearningRate(), suspects,
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
	sums, err := f.evaluator.Measure(ctx, f.validation, f.from, f.to)
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
