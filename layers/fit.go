package layers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/layers/display"
	"github.com/gocifar/gocifar/layers/internal/engine"
)

// ErrInterrupted is wrapped by Fit's error when its context ended or the
// notebook's stop button was pressed. The history so far comes with it, and a
// Run has saved the state.
var ErrInterrupted = errors.New("layers: training was interrupted")

// ErrNotFinite is wrapped by Fit's error when a loss was NaN or infinite. The
// model has the weights from before that epoch's last save.
var ErrNotFinite = errors.New("layers: the loss is not a finite number")

// ErrOutOfMemory is wrapped by the errors of Fit, Evaluate and Predict where the
// device has no memory left. Fit has put the model back to its last good state.
var ErrOutOfMemory = engine.ErrOutOfMemory

// fitting is one Fit in progress.
type fitting struct {
	*options
	model      *Model
	source     Source     // of the examples, or the examples themselves
	examples   *Examples  // in memory, nil if they are not
	stream     *fitStream // if they are not
	trained    int        // the examples that are trained on
	perEpoch   int        // how many of them an epoch takes, see DropRemainder
	weights    []float32  // of the classes, nil if there are none
	devices    int
	trainer    *engine.Trainer
	evaluator  *engine.Evaluator
	data       *engine.Data
	validation *engine.Data // data, or others
	from, to   int          // validation rows
	measured   *batches     // validation from a source
	figures    []figure
	training   *Training
	report     *reporter
	good       snapshot // the last state known to be good
	seedValue  int64
	saved      time.Time
	elapsed    time.Duration // of this epoch before a resumption
}

// Fit trains the model on labeled examples and returns what it measured in
// each epoch. A second Fit goes on from the first, the optimizer's state
// included. When an error ends training, the epochs so far are returned with
// it.
//
// [Examples] are copied to the device once. Of another [Source] batches are read
// in the background while the device computes; if it fails, a [Run] keeps the
// state of the last step and goes on with the next.
func (m *Model) Fit(ctx context.Context, data Source, list ...Option) (*History, error) {
	f, err := m.newFitting(data, gather(list))
	if err != nil {
		return nil, err
	}
	if f.run != "" {
		done, err := f.openRun()
		defer f.training.run.close()
		if err != nil || done {
			return f.training.History, err
		}
	}
	if display.InNotebook() {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
	}
	defer f.free()
	if err := f.toDevice(ctx); err != nil {
		return f.training.History, err
	}
	return f.fit(ctx)
}

// newFitting checks what Fit was given. Nothing is on the device yet.
func (m *Model) newFitting(data Source, o *options) (*fitting, error) {
	c, err := m.readyToTrain()
	if err == nil {
		err = o.check()
	}
	examples, ok := inMemory(data)
	if err == nil && ok {
		err = m.checkExamples(examples, "the training data", true)
	}
	if err != nil {
		return nil, err
	}
	if len(m.TrainableVariables()) == 0 {
		return nil, fmt.Errorf("layers: model %q has nothing to train: no layer has trainable weights, or all are frozen",
			m.Name())
	}
	f := &fitting{options: o, model: m, source: data, examples: examples, seedValue: m.seed}
	if o.seed != nil {
		f.seedValue = *o.seed
	}
	steps := 0
	if examples == nil {
		steps, err = f.openStream()
	} else {
		steps, err = f.splitExamples()
	}
	if err == nil {
		err = f.chooseValidation()
	}
	if err != nil {
		return nil, err
	}
	if f.figures, _, err = m.figures(); err != nil {
		return nil, err
	}
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	if f.devices, err = o.deviceCount(backend, examples != nil); err != nil {
		return nil, err
	}
	if err = f.checkDuring(); err != nil {
		return nil, err
	}
	f.report = newReporter(o, steps)
	f.training = &Training{Model: m, Optimizer: c.optimizer, Epochs: o.epochs, Steps: steps,
		larger: map[string]bool{}, names: names(f.figures), print: f.report.line,
		History: &History{Model: m.Name(), Steps: steps, Metrics: map[string][]float64{}}}
	if f.validates() {
		for _, name := range names(f.figures) {
			f.training.names = append(f.training.names, "val_"+name)
		}
	}
	for _, figure := range f.figures {
		for _, name := range figure.all() {
			if f.training.larger[name] = figure.larger; !figure.larger && name != "loss" {
				f.training.History.Smaller = append(f.training.History.Smaller, name)
			}
		}
	}
	return f, nil
}

// splitExamples says what is trained on of examples in memory, and how many steps
// that takes.
func (f *fitting) splitExamples() (steps int, err error) {
	n := f.examples.Len()
	f.trained, f.from, f.to = n, n, n
	if f.stepsPerEpoch > 0 {
		return 0, errors.New("layers: StepsPerEpoch wants a Source: an epoch of examples in memory is all of them, " +
			"layers.SourceFunc(examples.Batches) is a Source of them")
	}
	if f.validationSplit > 0 && f.validationData == nil {
		f.trained = int(math.Floor(float64(n) * (1 - f.validationSplit)))
		if f.from = f.trained; f.from == 0 || f.from == n {
			return 0, fmt.Errorf("layers: ValidationSplit(%v) of %d examples leaves %d to train on and %d to validate",
				f.validationSplit, n, f.from, n-f.from)
		}
	}
	if f.perEpoch, err = f.options.perEpoch(f.trained); err != nil {
		return 0, err
	}
	f.weights, err = f.weightTable(f.examples)
	return stepsOf(f.perEpoch, f.batchSize()), err
}

// chooseValidation checks the data for validation, if they are others.
func (f *fitting) chooseValidation() (err error) {
	if f.validationData == nil {
		return nil
	}
	examples, ok := inMemory(f.validationData)
	if !ok {
		f.measured, err = f.model.batchesOf(f.validationData, "the validation data", true)
		return err
	}
	if err := f.model.checkExamples(examples, "the validation data", true); err != nil {
		return err
	}
	f.from, f.to = 0, examples.Len()
	return nil
}

// validates tells whether there is something to validate on.
func (f *fitting) validates() bool { return f.to > f.from || f.measured != nil }

// toDevice moves data and model to the device.
func (f *fitting) toDevice(ctx context.Context) error {
	backend, err := Backend()
	if err != nil {
		return err
	}
	if err = f.model.InitializeMissing(); err != nil {
		return err
	}
	if f.stream != nil {
		err = f.firstBatch(ctx)
	} else {
		f.data, err = f.examples.upload(backend)
	}
	if err == nil {
		err = f.rest(f.firstEpoch())
	}
	if err != nil || f.to == f.from {
		return err
	}
	f.validation = f.data
	if examples, _ := inMemory(f.validationData); examples != nil {
		if f.validation, err = examples.upload(backend); err != nil {
			return err
		}
	}
	f.evaluator, err = f.model.evaluator(f.validation, f.batchSize())
	return err
}

// newTrainer makes the trainer of the variables that move.
func (f *fitting) newTrainer() error {
	backend, err := Backend()
	if err != nil {
		return err
	}
	config, err := f.model.engineConfig(backend)
	if err != nil {
		return err
	}
	config.Data, config.Examples, config.Batch, config.Devices = f.data, f.perEpoch, f.batchSize(), f.devices
	config.Seed, config.ClassWeights = uint32(splitMix(uint64(f.seedValue))), f.weights
	if s := f.stream; s != nil {
		config.Stream, config.Batch = true, s.size
		config.Whole = s.whole || s.length > 0 && s.length%s.size == 0
	}
	f.trainer, err = engine.NewTrainer(config)
	return err
}

// firstEpoch is the epoch, counted from 0, with which the fit begins.
func (f *fitting) firstEpoch() int {
	if p := f.good.position; p.History != nil {
		return p.Epoch
	}
	return f.initialEpoch
}

// free releases what toDevice made; the model's weights stay.
func (f *fitting) free() {
	f.model.compiled.resting = nil
	if f.stream != nil {
		f.stream.free()
	}
	if f.trainer != nil {
		f.trainer.Free()
	}
	if f.validation != nil && f.validation != f.data {
		f.validation.Free()
	}
	if f.data != nil {
		f.data.Free()
	}
}

// fit trains epoch after epoch, from where a run stands.
func (f *fitting) fit(ctx context.Context) (*History, error) {
	p := &f.good.position
	if p.History == nil {
		p.Epoch, p.History = f.initialEpoch, f.training.History
		if err := f.beginRun(); err != nil {
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
	if err := f.model.takeAverages(); err != nil {
		return f.training.History, err
	}
	err := f.each(func(c Callback) error { return c.OnTrainEnd(f.training, logs) })
	p.Done, p.Stopped = true, f.training.stop
	if err == nil {
		err = f.keep(0, nil, 0)
	}
	f.report.end()
	return f.training.History, err
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
	if o.classWeights == nil {
		return nil, nil
	}
	targets := e.outputs()
	switch {
	case len(targets) != 1 || targets[0].Labels == nil:
		return nil, errors.New("layers: ClassWeights wants examples with Labels for one output, these have Targets")
	case e.Weights != nil || targets[0].Weights != nil:
		return nil, errors.New("layers: ClassWeights and Examples.Weights cannot be used at once: multiply the weights")
	}
	classes := targets[0].Classes
	table := slices.Repeat([]float32{1}, classes)
	for class, w := range o.classWeights {
		if class < 0 || class >= classes || !(w >= 0 && w <= math.MaxFloat32) {
			return nil, fmt.Errorf("layers: ClassWeights has weight %v for class %d; wants finite weights from 0 on "+
				"for classes 0 to %d", w, class, classes-1)
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
