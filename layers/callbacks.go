package layers

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Callback watches a fit and may change it: stop it, change the learning
// rate, keep weights. The hooks have Keras' names. Embed [CallbackBase] to
// write only those you need. An error ends the fit.
type Callback interface {
	OnTrainBegin(t *Training) error
	// OnEpochBegin and OnEpochEnd count epochs from 0, as Keras does.
	OnEpochBegin(t *Training, epoch int) error
	// OnEpochEnd may add values to logs: they appear in the log line and in
	// the history.
	OnEpochEnd(t *Training, epoch int, logs Logs) error
	// OnTrainEnd gets the last epoch's logs. It is called once, also when
	// training was stopped or interrupted, but not after an error.
	OnTrainEnd(t *Training, logs Logs) error
}

// BatchCallback is a callback that also wants to see every step. Its logs are
// the means over the epoch so far; reading them makes steps slower.
type BatchCallback interface {
	Callback
	OnTrainBatchBegin(t *Training, batch int) error
	OnTrainBatchEnd(t *Training, batch int, logs Logs) error
}

// TestCallback is a callback that also wants to see validations.
type TestCallback interface {
	Callback
	OnTestBegin(t *Training) error
	OnTestEnd(t *Training, logs Logs) error
}

// StatefulCallback is a callback whose state belongs into a run directory, so
// that a resumed run does what an uninterrupted one does.
type StatefulCallback interface {
	Callback
	// CallbackState returns the state, for instance as JSON.
	CallbackState() ([]byte, error)
	// RestoreCallback takes it back. It is called after OnTrainBegin.
	RestoreCallback(state []byte) error
}

// CallbackBase has hooks that do nothing.
type CallbackBase struct{}

func (CallbackBase) OnTrainBegin(*Training) error          { return nil }
func (CallbackBase) OnEpochBegin(*Training, int) error     { return nil }
func (CallbackBase) OnEpochEnd(*Training, int, Logs) error { return nil }
func (CallbackBase) OnTrainEnd(*Training, Logs) error      { return nil }

// OnEpochEnd makes a callback of one function, called after each epoch
// (counted from 0).
func OnEpochEnd(f func(t *Training, epoch int, logs Logs) error) Callback {
	return &epochEndFunc{f: f}
}

type epochEndFunc struct {
	CallbackBase
	f func(*Training, int, Logs) error
}

func (c *epochEndFunc) OnEpochEnd(t *Training, epoch int, logs Logs) error {
	return c.f(t, epoch, logs)
}

// Training is a fit in progress, as callbacks see it.
type Training struct {
	// Model is the model in training. Its weights may be read and set between
	// steps.
	Model *Model
	// Optimizer is the model's; SetLearningRate counts from the next step on.
	Optimizer Optimizer
	// Epochs is the number of the last epoch, Steps the steps of each: 0 as long as
	// a Source has not told.
	Epochs, Steps int
	// Waited is how long steps have waited for the batches of a Source.
	Waited time.Duration
	// History holds the epochs so far.
	History *History

	names  []string        // what is measured
	larger map[string]bool // whether larger is better
	run    *run
	stop   bool
	print  func(string)
}

// StopTraining ends the fit after the current step or epoch; reason is kept in
// the history's Note.
func (t *Training) StopTraining(reason string) {
	t.stop = true
	t.History.Note = reason
}

// Print writes a line to where the fit's log lines go.
func (t *Training) Print(line string) { t.print(line) }

// monitor watches one value and knows which way is better.
type monitor struct {
	name     string
	larger   bool
	mode     string // "", "min" or "max"
	minDelta float64
}

// begin checks that the value is measured and finds the direction.
func (m *monitor) begin(t *Training, who string) error {
	if !slices.Contains(t.names, m.name) {
		return fmt.Errorf("layers: %s watches %q, but this fit measures %v; val_ values need ValidationSplit or "+
			"ValidationData",
			who, m.name, t.names)
	}
	switch m.mode {
	case "min", "max":
		m.larger = m.mode == "max"
		return nil
	}
	m.larger = t.larger[strings.TrimPrefix(m.name, "val_")]
	return nil
}

// better is Keras' _is_improvement.
func (m *monitor) better(value, than float64) bool {
	if m.larger {
		return value-m.minDelta > than
	}
	return value+m.minDelta < than
}
