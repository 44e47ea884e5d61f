package layers

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/gocifar/gocifar/layers/history"
)

// ReduceLROnPlateauCallback lowers the learning rate when a value no longer
// improves, as Keras' ReduceLROnPlateau does. It adds "learning_rate", the
// rate that the epoch was trained with, to the logs.
type ReduceLROnPlateauCallback struct {
	CallbackBase
	monitor              monitor
	factor, minimum      float64
	patience, coolEpochs int
	state                plateauState
	err                  error
}

// plateauState is what a resumed run needs.
type plateauState struct {
	Seen           bool
	Best           history.Float
	Wait, Cooldown int
}

// ReduceLROnPlateau watches a value and multiplies the learning rate by 0.1
// after 10 epochs without an improvement of at least 0.0001.
func ReduceLROnPlateau(monitored string) *ReduceLROnPlateauCallback {
	return &ReduceLROnPlateauCallback{monitor: monitor{name: monitored, minDelta: 1e-4}, factor: 0.1, patience: 10}
}

// Factor is what the rate is multiplied by, in (0, 1). Default 0.1.
func (c *ReduceLROnPlateauCallback) Factor(factor float64) *ReduceLROnPlateauCallback {
	if !(factor > 0 && factor < 1) && c.err == nil {
		c.err = fmt.Errorf("layers: ReduceLROnPlateau wants a factor in (0, 1), got %v", factor)
	}
	c.factor = factor
	return c
}

// Patience is the number of epochs without improvement. Default 10.
func (c *ReduceLROnPlateauCallback) Patience(epochs int) *ReduceLROnPlateauCallback {
	c.patience = epochs
	return c
}

// Cooldown is the number of epochs after a reduction in which nothing is
// counted. Default 0.
func (c *ReduceLROnPlateauCallback) Cooldown(epochs int) *ReduceLROnPlateauCallback {
	c.coolEpochs = epochs
	return c
}

// MinDelta is the least change that counts as improvement. Default 0.0001.
func (c *ReduceLROnPlateauCallback) MinDelta(delta float64) *ReduceLROnPlateauCallback {
	c.monitor.minDelta = math.Abs(delta)
	return c
}

// MinLR is the rate below which nothing is reduced. Default 0.
func (c *ReduceLROnPlateauCallback) MinLR(rate float64) *ReduceLROnPlateauCallback {
	c.minimum = rate
	return c
}

// Mode sets which way is better: "min" or "max".
func (c *ReduceLROnPlateauCallback) Mode(mode string) *ReduceLROnPlateauCallback {
	c.monitor.mode = mode
	return c
}

// OnTrainBegin starts the waiting anew. A rate that follows a schedule cannot be
// lowered.
func (c *ReduceLROnPlateauCallback) OnTrainBegin(t *Training) error {
	c.state = plateauState{}
	if c.err != nil {
		return c.err
	}
	for _, o := range optimizers(t.Optimizer) {
		if s := settingsOf(o); s != nil && s.schedule != nil {
			return fmt.Errorf("layers: ReduceLROnPlateau wants an optimizer without a schedule, the learning rate of %s "+
				"follows %s: leave one of the two out", o.Class(), s.schedule.Class())
		}
	}
	return c.monitor.begin(t, "ReduceLROnPlateau")
}

// OnEpochEnd compares the epoch to the best one and lowers the rate.
func (c *ReduceLROnPlateauCallback) OnEpochEnd(t *Training, epoch int, logs Logs) error {
	rate := t.Optimizer.LearningRate()
	logs["learning_rate"] = rate
	value, s := logs[c.monitor.name], &c.state
	if s.Cooldown > 0 {
		s.Cooldown--
		s.Wait = 0
	}
	switch {
	case !s.Seen || c.monitor.better(value, float64(s.Best)):
		s.Seen, s.Best, s.Wait = true, history.Float(value), 0
	case s.Cooldown == 0:
		s.Wait++
		if s.Wait >= c.patience && rate > c.minimum {
			lower := max(rate*c.factor, c.minimum)
			t.Optimizer.SetLearningRate(lower)
			t.Print(fmt.Sprintf("Epoch %d: ReduceLROnPlateau reducing learning rate to %g.", epoch+1, lower))
			s.Cooldown, s.Wait = c.coolEpochs, 0
		}
	}
	return nil
}

// CallbackState returns the best value and the waiting.
func (c *ReduceLROnPlateauCallback) CallbackState() ([]byte, error) { return json.Marshal(c.state) }

// RestoreCallback takes the state back.
func (c *ReduceLROnPlateauCallback) RestoreCallback(state []byte) error {
	if err := json.Unmarshal(state, &c.state); err != nil {
		return fmt.Errorf("the state of ReduceLROnPlateau: %w", err)
	}
	return nil
}
