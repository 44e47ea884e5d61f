package layers

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/layers/display"
)

// ErrInterrupted is wrapped by Fit's error when its context ended or the
// notebook's stop button was pressed. The history so far comes with it, and a
// Run has saved the state.
var ErrInterrupted = errors.New("layers: training was interrupted")

// ErrNotFinite is wrapped by Fit's error when a loss was NaN or infinite. The
// model has the weights from before that epoch's last save.
var ErrNotFinite = errors.New("layers: the loss is not a finite number")

// fitting is one Fit in progress.
type fitting struct {
	*options
	model      *Model
	trainer    *trainer
	evaluator  *evaluator
	validation *deviceData
	from, to   int // validation rows
	training   *Training
	report     *reporter
	good       snapshot // the last state known to be good
	seedValue  int64
	saved      time.Time
	elapsed    time.Duration // of this epoch before a resumption
}

// Fit trains the model on labelled examples and returns what it measured in
// each epoch. A second Fit goes on from the first, the optimizer's state
// included. When an error ends training, the epochs so far are returned with
// it.
func (m *Model) Fit(ctx context.Context, examples *Examples, list ...Option) (*History, error) {
	o := gather(list)
	c, err := m.readyToTrain()
	if err == nil {
		err = o.check()
	}
	if err == nil {
		err = m.checkExamples(examples, "the training data", true)
	}
	if err != nil {
		return nil, err
	}
	n, to := examples.Len(), examples.Len()
	if o.validationData != nil {
		if err := m.checkExamples(o.validationData, "the validation data", true); err != nil {
			return nil, err
		}
	} else if o.validationSplit > 0 {
		n = int(math.Floor(float64(n) * (1 - o.validationSplit)))
		if n == 0 || n == to {
			return nil, fmt.Errorf("layers: ValidationSplit(%v) of %d examples leaves %d to train on and %d to validate", o.validationSplit, to, n, to-n)
		}
	}
	weights, err := o.weightTable(examples)
	if err != nil {
		return nil, err
	}
	f := &fitting{options: o, model: m, seedValue: m.seed, from: n, to: to}
	if o.seed != nil {
		f.seedValue = *o.seed
	}
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	devices, err := o.deviceCount(backend)
	if err != nil {
		return nil, err
	}
	data, err := upload(backend, examples)
	if err != nil {
		return nil, err
	}
	defer data.free()
	f.validation = data
	if o.validationData != nil {
		if f.validation, err = upload(backend, o.validationData); err != nil {
			return nil, err
		}
		defer f.validation.free()
		f.from, f.to = 0, o.validationData.Len()
	}
	if f.trainer, err = newTrainer(m, data, n, o.batchSize(), devices, uint32(splitMix(uint64(f.seedValue))), weights); err != nil {
		return nil, err
	}
	defer f.trainer.free()
	if f.evaluator, err = c.evaluator(m, o.batchSize()); err != nil {
		return nil, err
	}
	f.report = newReporter(o, f.trainer.steps())
	f.training = &Training{Model: m, Optimizer: c.optimizer, Epochs: o.epochs, Steps: f.trainer.steps(), metrics: c.metrics,
		History: &History{Model: m.Name(), Steps: f.trainer.steps(), Metrics: map[string][]float64{}}, print: f.report.line}
	f.training.names = c.names()
	if f.to > f.from {
		for _, name := range c.names() {
			f.training.names = append(f.training.names, "val_"+name)
		}
	}
	if display.InNotebook() {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
	}
	return f.fit(ctx, examples)
}

// Interruptible returns a context that ends at the first signal to stop: ^C, a
// notebook's stop button, or SIGTERM, which machines send before they are taken
// away. A second signal ends the process as usual.
func Interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// weightTable lists the weight of each class, nil if there are none.
func (o *options) weightTable(e *Examples) ([]float32, error) {
	classes := e.Classes
	switch {
	case o.classWeights == nil:
		return nil, nil
	case e.Labels == nil:
		return nil, errors.New("layers: ClassWeights wants examples with Labels, these have Targets")
	}
	table := slices.Repeat([]float32{1}, classes)
	for class, w := range o.classWeights {
		if class < 0 || class >= classes || !(w >= 0 && w <= math.MaxFloat32) {
			return nil, fmt.Errorf("layers: ClassWeights has weight %v for class %d; wants finite weights from 0 on for classes 0 to %d", w, class, classes-1)
		}
		table[class] = float32(w)
	}
	return table, nil
}

// splitMix spreads a seed over all bits (Steele and others 2014).
func splitMix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (f *fitting) fit(ctx context.Context, examples *Examples) (*History, error) {
	p := &f.good.position
	p.Epoch, p.History = f.initialEpoch, f.training.History
	if f.run != "" {
		done, err := f.openRun(examples)
		defer f.training.run.close()
		if err != nil || done {
			return f.training.History, err
		}
	}
	if err := f.each(func(c Callback) error { return c.OnTrainBegin(f.training) }); err != nil {
		return f.training.History, err
	}
	if err := f.restoreCallbacks(); err != nil {
		return f.training.History, err
	}
	if err := f.good.take(f.model); err != nil {
		return f.training.History, err
	}
	var logs Logs
	for p.Epoch < f.epochs && !f.training.stop {
		var err error
		if logs, err = f.epoch(ctx); err != nil {
			if !errors.Is(err, ErrInterrupted) {
				err = errors.Join(err, f.good.restore(f.model))
			}
			f.report.end()
			return f.training.History, err
		}
	}
	err := f.each(func(c Callback) error { return c.OnTrainEnd(f.training, logs) })
	p.Done, p.Stopped = true, f.training.stop
	if err == nil {
		err = f.keep(0, nil, 0)
	}
	f.report.end()
	return f.training.History, err
}

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
	f.report.beginEpoch(epoch, f.epochs)
	order := f.order(p.Iterations - p.Step)
	if err := f.trainer.begin(order, p.Step, p.Sums); err != nil {
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
			return nil, errors.Join(err, f.keepInterrupted(f.trainer.steps(), started))
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
	rows := make([]int32, f.trainer.examples)
	for i := range rows {
		rows[i] = int32(i)
	}
	if f.shuffle {
		rng := rand.New(rand.NewPCG(uint64(f.seedValue), uint64(iterations)))
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return rows
}

// progressEvery is the time between two looks at the running means.
const progressEvery = 250 * time.Millisecond

// steps runs an epoch's steps from first on.
func (f *fitting) steps(ctx context.Context, epoch, first int, started time.Time) error {
	looked := started
	for step := first; step < f.trainer.steps(); {
		if ctx.Err() != nil {
			err := fmt.Errorf("%w in epoch %d before step %d: %w", ErrInterrupted, epoch+1, step+1, context.Cause(ctx))
			return errors.Join(err, f.keepInterrupted(step, started))
		}
		if err := f.batchHooks(func(c BatchCallback) error { return c.OnTrainBatchBegin(f.training, step) }); err != nil {
			return err
		}
		n := 1
		if !f.watchesSteps() {
			n = f.trainer.atOnce(step)
		}
		if err := f.trainer.run(n); err != nil {
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
	if f.training.run == nil || !due || step+1 == f.trainer.steps() {
		return nil
	}
	sums, bad, err := f.trainer.totals()
	if err != nil || bad >= 0 {
		return err // the next look at the losses names the step
	}
	return f.keep(step+1, sums, f.elapsed+time.Since(started))
}

// means reads the epoch's means so far and refuses losses that are no numbers.
func (f *fitting) means(epoch int) (Logs, error) {
	sums, bad, err := f.trainer.totals()
	if err != nil {
		return nil, err
	}
	if bad < 0 {
		return f.model.compiled.means(sums), nil
	}
	var suspects []string
	for _, v := range f.model.Variables() {
		values, err := v.Flat()
		if err == nil && slices.ContainsFunc(values, func(x float32) bool { return x-x != 0 }) {
			suspects = append(suspects, v.Path)
		}
	}
	return nil, fmt.Errorf("%w in epoch %d, step %d of %d. Suspects: a learning rate too high (it is %g); inputs that are not finite or not scaled; "+
		"weights that are not finite by now: %v. The model has its last good weights, from epoch %d, step %d",
		ErrNotFinite, epoch+1, bad+1, f.trainer.steps(), f.training.Optimizer.LearningRate(), suspects, f.good.position.Epoch+1, f.good.position.Step)
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
	measured, err := f.evaluator.measure(ctx, f.validation, f.from, f.to)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ErrInterrupted, err)
		}
		return err
	}
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

// fingerprint is a checksum of the examples.
func (e *Examples) fingerprint() string {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli)) // its Write never fails
	_, _ = sum.Write(e.Bytes)
	for part := range slices.Chunk(e.Floats, 1<<16) {
		_ = binary.Write(sum, binary.LittleEndian, part)
	}
	for _, l := range e.Labels {
		_, _ = sum.Write([]byte{byte(l), byte(l >> 8)})
	}
	_ = binary.Write(sum, binary.LittleEndian, e.Targets)
	return fmt.Sprintf("%08x %v*%d scale %g offset %g", sum.Sum32(), e.Shape, e.Len(), e.Scale, e.Offset)
}
