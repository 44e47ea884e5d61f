package layers

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Option is a setting of Fit. Some are an [EvaluateOption] or a [PredictOption],
// too.
type Option interface{ set(*options) }

// EvaluateOption is a setting of Fit and Evaluate.
type EvaluateOption interface {
	Option
	ofEvaluate()
}

// PredictOption is a setting of Fit, Evaluate and Predict.
type PredictOption interface {
	EvaluateOption
	ofPredict()
}

type (
	fitOption      func(*options)
	evaluateOption struct{ fitOption }
	predictOption  struct{ evaluateOption }
)

func (f fitOption) set(o *options) { f(o) }
func (evaluateOption) ofEvaluate() {}
func (predictOption) ofPredict()   {}

type options struct {
	epochs, initialEpoch, batch int
	devices                     int
	validationSplit             float64
	validationData              Source
	stepsPerEpoch               int
	shuffle, dropRemainder      bool
	during                      []during
	classWeights                map[int]float64
	seed                        *int64
	callbacks                   []Callback
	verbose                     Verbosity
	form                        LogForm
	out                         io.Writer
	run                         string
	fresh                       bool
	saveEvery                   time.Duration
	saveSteps                   int
}

func gather[O Option](list []O) *options {
	o := &options{epochs: 1, shuffle: true, out: os.Stdout, verbose: Auto, saveEvery: time.Minute}
	for _, option := range list {
		option.set(o)
	}
	return o
}

// check returns the first impossible setting.
func (o *options) check() error {
	switch {
	case o.batch < 0:
		return fmt.Errorf("BatchSize wants at least 1, got %d", o.batch)
	case o.devices < 0:
		return fmt.Errorf("DataParallel wants at least 1 device")
	case o.initialEpoch < 0:
		return fmt.Errorf("InitialEpoch wants at least 0, got %d", o.initialEpoch)
	case o.epochs < 0:
		return fmt.Errorf("Epochs wants at least 0, got %d", o.epochs)
	case o.stepsPerEpoch < 0:
		return fmt.Errorf("StepsPerEpoch wants at least 1")
	case !(o.validationSplit >= 0 && o.validationSplit < 1):
		return fmt.Errorf("ValidationSplit wants a fraction in [0, 1), got %v", o.validationSplit)
	}
	for _, d := range o.during {
		if err := d.check(); err != nil {
			return err
		}
	}
	for i, c := range o.callbacks {
		if c == nil {
			return fmt.Errorf("callback %d is nil", i+1)
		}
	}
	return nil
}

// batchSize is the batch size, or the default: Keras' 32.
func (o *options) batchSize() int {
	if o.batch == 0 {
		return 32
	}
	return o.batch
}

// Epochs sets the number of the epoch after which Fit ends. Default 1.
func Epochs(n int) Option { return fitOption(func(o *options) { o.epochs = n }) }

// InitialEpoch is the epoch, counted from 0, at which Fit begins: with
// Epochs(10) and InitialEpoch(8) two are trained. Default 0.
func InitialEpoch(n int) Option { return fitOption(func(o *options) { o.initialEpoch = n }) }

// BatchSize sets the number of examples in a step of Fit, Evaluate or
// Predict. Default 32, for Predict 32 or, with many examples, 256. A batch
// larger than the data is filled up; what fills it counts nowhere. A [Source] may
// have a size of its own.
func BatchSize(n int) PredictOption {
	return predictOption{evaluateOption{fitOption(func(o *options) {
		o.batch = n
		if n == 0 {
			o.batch = -1 // refused by check: 0 stands for the default
		}
	})}}
}

// ValidationSplit keeps the last fraction of the examples, as they were before
// any shuffling, out of Fit's training and measures on them after each epoch.
// The first floor(n*(1-fraction)) are trained on, as in Keras. It wants examples
// in memory.
func ValidationSplit(fraction float64) Option {
	return fitOption(func(o *options) { o.validationSplit = fraction })
}

// ValidationData measures on these examples after each epoch of Fit, and
// overrides ValidationSplit. Of a [Source] it reads the same epoch each time.
func ValidationData(data Source) Option {
	return fitOption(func(o *options) { o.validationData = data })
}

// StepsPerEpoch makes an epoch of Fit n batches of a [Source], however many that
// has: the next epoch goes on where the last one ended, and the source begins
// anew when it has no more. As Keras' steps_per_epoch.
func StepsPerEpoch(n int) Option {
	return fitOption(func(o *options) {
		o.stepsPerEpoch = n
		if n == 0 {
			o.stepsPerEpoch = -1 // refused by check: 0 stands for the default
		}
	})
}

// Shuffle says whether Fit trains on each epoch's examples in a new order.
// Default true. It is up to a [Source] to do so; [Shuffled] does it for any.
func Shuffle(on bool) Option { return fitOption(func(o *options) { o.shuffle = on }) }

// ClassWeights makes Fit multiply the loss of each class' examples; classes
// that are not in the map keep weight 1. Metrics are not weighted.
func ClassWeights(weights map[int]float64) Option {
	return fitOption(func(o *options) { o.classWeights = weights })
}

// Seed sets where Fit's random numbers begin: the order of examples and
// dropout. The same seed gives the same run on the same backend. Default: the
// model's seed, hence the same run every time.
func Seed(seed int64) Option { return fitOption(func(o *options) { o.seed = &seed }) }

// Callbacks adds callbacks to Fit; they are called in order.
func Callbacks(list ...Callback) Option {
	return fitOption(func(o *options) { o.callbacks = append(o.callbacks, list...) })
}

// Verbosity says what Fit and Evaluate write while they run.
type Verbosity int

const (
	// Auto is Bar in a terminal and Lines elsewhere; in a notebook a live
	// curve grows beside the lines. Evaluate is silent.
	Auto Verbosity = iota - 1
	// Silent writes nothing.
	Silent
	// Bar draws a progress bar, in a terminal or notebook, beside the lines.
	Bar
	// Lines writes Keras' line for each epoch: verbose=2.
	Lines
)

// Verbose sets what Fit and Evaluate write: 0, 1 and 2 are Keras' values.
// Default Auto.
func Verbose(v Verbosity) EvaluateOption {
	return evaluateOption{fitOption(func(o *options) { o.verbose = v })}
}

// LogStyle sets the form of the lines of Fit and Evaluate. Default Keras3Log.
func LogStyle(form LogForm) EvaluateOption {
	return evaluateOption{fitOption(func(o *options) { o.form = form })}
}

// LogTo sends the lines to w instead of standard output; no bar is drawn.
func LogTo(w io.Writer) EvaluateOption {
	return evaluateOption{fitOption(func(o *options) {
		o.out = w
		if o.verbose == Auto {
			o.verbose = Lines
		}
	})}
}

// Run gives the fit a name and a directory, in which weights, the optimizer's
// state, the history and the configuration are kept: after each epoch, every
// minute, and when it is interrupted. A later Fit of the same name, model,
// settings and data goes on where that one stopped, to the same weights bit
// for bit; if all epochs are done it returns their history and weights at
// once. With another model, settings or data it refuses (ErrRunConfig).
// [LoadRun] and [LoadHistory] bring both back.
func Run(name string) Option { return fitOption(func(o *options) { o.run = name }) }

// Fresh makes Fit forget what a run of its name saved before.
func Fresh() Option { return fitOption(func(o *options) { o.fresh = true }) }

// SaveEvery sets how often a Run saves within epochs. Default one minute; 0
// saves at the ends of epochs only.
func SaveEvery(d time.Duration) Option { return fitOption(func(o *options) { o.saveEvery = d }) }

// SaveEverySteps also saves a Run after every n steps of an epoch.
func SaveEverySteps(n int) Option { return fitOption(func(o *options) { o.saveSteps = n }) }
