package layers

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/gocifar/gocifar/layers/history"
)

// ModelCheckpointCallback keeps the weights of the best epoch in a file, as
// Keras' ModelCheckpoint with save_best_only does.
type ModelCheckpointCallback struct {
	CallbackBase
	path    string
	monitor monitor
	state   checkpointState
}

// checkpointState is what a resumed run needs.
type checkpointState struct {
	Seen bool
	Best history.Float
}

// ModelCheckpoint saves the weights whenever val_loss is better than ever, to
// the given safetensors file; an empty path means best.safetensors in the
// directory of the fit's Run. Model.LoadCheckpoint reads it.
func ModelCheckpoint(path string) *ModelCheckpointCallback {
	return &ModelCheckpointCallback{path: path, monitor: monitor{name: "val_loss"}}
}

// Monitor sets the value that is watched. Default "val_loss".
func (c *ModelCheckpointCallback) Monitor(name string) *ModelCheckpointCallback {
	c.monitor.name = name
	return c
}

// Mode sets which way is better: "min" or "max".
func (c *ModelCheckpointCallback) Mode(mode string) *ModelCheckpointCallback {
	c.monitor.mode = mode
	return c
}

// OnTrainBegin checks what is watched and where the file goes.
func (c *ModelCheckpointCallback) OnTrainBegin(t *Training) error {
	c.state = checkpointState{}
	if c.path == "" && t.run == nil {
		return fmt.Errorf("layers: ModelCheckpoint has no path: give it one, or give Fit a Run")
	}
	return c.monitor.begin(t, "ModelCheckpoint")
}

// OnEpochEnd saves the weights if the epoch is the best so far.
func (c *ModelCheckpointCallback) OnEpochEnd(t *Training, _ int, logs Logs) error {
	value := logs[c.monitor.name]
	if c.state.Seen && !c.monitor.better(value, float64(c.state.Best)) {
		return nil
	}
	c.state = checkpointState{true, history.Float(value)}
	path := c.path
	if path == "" {
		path = filepath.Join(t.run.dir, bestFile)
	}
	return t.Model.SaveCheckpoint(path)
}

// CallbackState returns the best value.
func (c *ModelCheckpointCallback) CallbackState() ([]byte, error) { return json.Marshal(c.state) }

// RestoreCallback takes the state back.
func (c *ModelCheckpointCallback) RestoreCallback(state []byte) error {
	if err := json.Unmarshal(state, &c.state); err != nil {
		return fmt.Errorf("the state of ModelCheckpoint: %w", err)
	}
	return nil
}
