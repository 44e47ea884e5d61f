package layers

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
)

// EarlyStoppingCallback stops a fit that no longer improves, as Keras'
// EarlyStopping does.
type EarlyStoppingCallback struct {
	CallbackBase
	monitor  monitor
	patience int
	baseline float64 // NaN for none
	restore  bool
	start    int
	state    earlyStoppingState
}

// earlyStoppingState is what a resumed run needs.
type earlyStoppingState struct {
	Seen      bool // whether Best holds a value
	Best      float64
	BestEpoch int
	Wait      int
	Weights   [][]float32
}

// EarlyStopping watches a value, "val_loss" in most cases, and stops as soon
// as it does not improve. Losses improve downwards, metrics as they say.
func EarlyStopping(monitored string) *EarlyStoppingCallback {
	return &EarlyStoppingCallback{monitor: monitor{name: monitored}, baseline: math.NaN()}
}

// Patience is the number of epochs without improvement after which training
// stops. Default 0.
func (c *EarlyStoppingCallback) Patience(epochs int) *EarlyStoppingCallback {
	c.patience = epochs
	return c
}

// MinDelta is the least change that counts as improvement. Default 0.
func (c *EarlyStoppingCallback) MinDelta(delta float64) *EarlyStoppingCallback {
	c.monitor.minDelta = math.Abs(delta)
	return c
}

// Baseline is a value that must be beaten for the waiting to start anew.
func (c *EarlyStoppingCallback) Baseline(value float64) *EarlyStoppingCallback {
	c.baseline = value
	return c
}

// Mode sets which way is better: "min" or "max".
func (c *EarlyStoppingCallback) Mode(mode string) *EarlyStoppingCallback {
	c.monitor.mode = mode
	return c
}

// StartFromEpoch leaves the first epochs unwatched. Default 0.
func (c *EarlyStoppingCallback) StartFromEpoch(epoch int) *EarlyStoppingCallback {
	c.start = epoch
	return c
}

// RestoreBestWeights gives the model the best epoch's weights when training
// ends, whether it stopped early or not.
func (c *EarlyStoppingCallback) RestoreBestWeights() *EarlyStoppingCallback {
	c.restore = true
	return c
}

// BestEpoch is the best epoch so far, counted from 0.
func (c *EarlyStoppingCallback) BestEpoch() int { return c.state.BestEpoch }

// OnTrainBegin starts the waiting anew.
func (c *EarlyStoppingCallback) OnTrainBegin(t *Training) error {
	c.state = earlyStoppingState{}
	return c.monitor.begin(t, "EarlyStopping")
}

// OnEpochEnd compares the epoch to the best one.
func (c *EarlyStoppingCallback) OnEpochEnd(t *Training, epoch int, logs Logs) error {
	value := logs[c.monitor.name]
	s := &c.state
	if epoch < c.start {
		return nil
	}
	if c.restore && s.Weights == nil {
		if err := c.keep(t.Model, epoch); err != nil {
			return err
		}
	}
	s.Wait++
	if !s.Seen || c.monitor.better(value, s.Best) {
		s.Seen, s.Best, s.BestEpoch = true, value, epoch
		if c.restore {
			if err := c.keep(t.Model, epoch); err != nil {
				return err
			}
		}
		if math.IsNaN(c.baseline) || c.monitor.better(value, c.baseline) {
			s.Wait = 0
		}
		return nil
	}
	if s.Wait >= c.patience && epoch > 0 {
		t.StopTraining(fmt.Sprintf("Epoch %d: early stopping", epoch+1))
	}
	return nil
}

func (c *EarlyStoppingCallback) keep(m *Model, epoch int) (err error) {
	c.state.BestEpoch = epoch
	c.state.Weights, err = m.weights(c.state.Weights)
	return err
}

// OnTrainEnd restores the best weights if asked to.
func (c *EarlyStoppingCallback) OnTrainEnd(t *Training, _ Logs) error {
	if !c.restore || c.state.Weights == nil {
		return nil
	}
	t.Print(fmt.Sprintf("Restoring model weights from the end of the best epoch: %d.", c.state.BestEpoch+1))
	return t.Model.setWeights(c.state.Weights)
}

// CallbackState returns the best value, its weights, and the waiting.
func (c *EarlyStoppingCallback) CallbackState() ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(c.state)
	return b.Bytes(), err
}

// RestoreCallback takes the state back.
func (c *EarlyStoppingCallback) RestoreCallback(state []byte) error {
	var s earlyStoppingState
	if err := gob.NewDecoder(bytes.NewReader(state)).Decode(&s); err != nil {
		return fmt.Errorf("the state of EarlyStopping: %w", err)
	}
	c.state = s
	return nil
}
