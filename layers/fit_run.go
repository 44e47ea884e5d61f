package layers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// keep takes the state as the good one and saves it if there is a run.
func (f *fitting) keep(step int, sums []float32, took time.Duration) error {
	if err := f.good.take(f.model); err != nil {
		return err
	}
	p := &f.good.position
	p.Step, p.Sums, p.Seconds = step, sums, took.Seconds()
	p.Stopped = f.training.stop
	if f.stream != nil {
		p.Source = f.stream.position()
	}
	f.saved = time.Now()
	if f.training.run == nil {
		return nil
	}
	p.Callbacks = nil
	for _, c := range f.callbacks {
		var state []byte
		if s, ok := c.(StatefulCallback); ok {
			var err error
			if state, err = s.CallbackState(); err != nil {
				return fmt.Errorf("layers: callback %T: %w", c, err)
			}
		}
		p.Callbacks = append(p.Callbacks, state)
	}
	return f.training.run.save(f.model, &f.good)
}

// keepInterrupted saves where an interrupted epoch stands.
func (f *fitting) keepInterrupted(step int, started time.Time) error {
	sums, bad, err := f.trainer.Totals()
	if err != nil || bad >= 0 {
		return err
	}
	return f.keep(step, sums, f.elapsed+time.Since(started))
}

func (f *fitting) restoreCallbacks() error {
	states := f.good.position.Callbacks
	if states == nil {
		return nil
	}
	for i, c := range f.callbacks {
		if s, ok := c.(StatefulCallback); ok && i < len(states) && states[i] != nil {
			if err := s.RestoreCallback(states[i]); err != nil {
				return fmt.Errorf("layers: run %q: %w", f.run, err)
			}
		}
	}
	return nil
}

// openRun opens the fit's directory and takes its state; done is true if there
// is nothing left to train.
func (f *fitting) openRun() (done bool, err error) {
	r, err := findRun(f.run)
	if err != nil {
		return false, err
	}
	if err := r.open(); err != nil {
		return false, err
	}
	f.training.run = r
	if f.fresh {
		return false, nil
	}
	var old runConfig
	switch err := r.readJSON(configFile, &old); {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	config, err := f.config()
	if err != nil {
		return false, err
	}
	if old.Fingerprint != config.Fingerprint {
		return false, fmt.Errorf("layers: run %q in %s: %w; give this fit another name, or add layers.Fresh() to replace it",
			r.name, r.dir, ErrRunConfig)
	}
	p, list, err := r.load()
	if err != nil || p == nil {
		return false, err
	}
	s, err := snapshotFrom(f.model, p, list)
	if err != nil {
		return false, fmt.Errorf("layers: run %q in %s does not fit the model: %w; remove it, or fit with layers.Fresh()",
			r.name, r.dir, err)
	}
	if err := s.restore(f.model); err != nil {
		return false, err
	}
	f.good, f.training.History = *s, s.position.History
	if done = p.Epoch >= f.epochs || p.Stopped && p.Done; done {
		f.report.line(fmt.Sprintf("Run %q is complete (%d epochs): loaded from %s.", r.name, p.Epoch, r.dir))
		return true, nil
	}
	f.report.line(fmt.Sprintf("Run %q goes on at epoch %d, step %d.", r.name, p.Epoch+1, p.Step+1))
	f.good.position.Done, f.good.position.Stopped = false, false
	f.training.stop = p.Stopped
	return false, nil
}

// beginRun makes the directory a new run's, once all is ready to train.
func (f *fitting) beginRun() error {
	r := f.training.run
	if r == nil {
		return nil
	}
	config, err := f.config()
	if err != nil {
		return err
	}
	if err := r.clear(); err != nil {
		return err
	}
	return r.writeJSON(configFile, config)
}

// config is what identifies the run.
func (f *fitting) config() (*runConfig, error) {
	c := f.model.compiled
	settings := fitSettings{
		Optimizer: c.optimizer.Class(), OptimizerConfig: c.optimizer.Config(),
		Metrics: []any{}, BatchSize: f.batchSize(), ValidationSplit: f.validationSplit, Shuffle: f.shuffle,
		InitialEpoch: f.initialEpoch, ClassWeights: f.classWeights, Seed: f.seedValue,
		StepsPerEpoch: f.stepsPerEpoch, Data: map[string]string{}, DropRemainder: f.dropRemainder,
		TrainDuring: f.duringText(),
	}
	for name, source := range map[string]Source{"train": f.source, "validation": f.validationData} {
		if source == nil {
			continue
		}
		var err error
		if settings.Data[name], err = fingerprint(source); err != nil {
			return nil, fmt.Errorf("layers: run %q: the fingerprint of the data: %w", f.run, err)
		}
	}
	if f.devices > 1 {
		settings.Devices = f.devices
	}
	settings.measured(f.model)
	if len(c.initialRates) == 1 && settings.OptimizerConfig["learning_rate"] == c.optimizer.LearningRate() {
		settings.OptimizerConfig["learning_rate"] = c.initialRates[0] // a finished fit may have lowered it
	}
	names := f.model.variableNames()
	for _, v := range f.model.TrainableVariables() {
		settings.Trainable = append(settings.Trainable, names[v])
	}
	config := &runConfig{Settings: settings, Model: f.model.KerasConfig()}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("layers: the configuration of run %q: %w", f.run, err)
	}
	sum := sha256.Sum256(text)
	config.Fingerprint = hex.EncodeToString(sum[:])
	return config, nil
}

// measured notes losses and metrics. What is not registered has its name, which
// tells runs apart, though it cannot be loaded.
func (s *fitSettings) measured(m *Model) {
	c := m.compiled
	if c.step != nil {
		s.Loss = c.step.names
		return
	}
	kept := func(saved any, name string) any {
		if saved == nil {
			return name
		}
		return saved
	}
	all := func(list []Metric) []any {
		out := []any{}
		for _, metric := range list {
			out = append(out, kept(metricClasses.save(metric), metric.Name()))
		}
		return out
	}
	if o := c.told[0]; len(c.told) == 1 && len(m.outputs) == 1 && o.weight == nil && o.weighted == nil {
		s.Loss, s.Metrics = kept(lossClasses.save(o.loss), o.loss.Name()), all(o.metrics)
		return
	}
	losses, metrics, weighted, weights := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for _, o := range c.told {
		name := o.name
		if name == "" {
			name = m.outputs[0].Layer().Name()
		}
		if metrics[name], weighted[name], weights[name] = all(o.metrics), all(o.weighted), 1.0; o.weight != nil {
			weights[name] = *o.weight
		}
		if o.loss != nil {
			losses[name] = kept(lossClasses.save(o.loss), o.loss.Name())
		}
	}
	s.Loss, s.Metrics, s.WeightedMetrics, s.LossWeights = losses, metrics, weighted, weights
}

// ErrNoRun is wrapped by the errors of LoadHistory and LoadRun where no run
// of that name was saved.
var ErrNoRun = errors.New("there is no run")

// LoadHistory returns what a run of that name has measured so far.
func LoadHistory(name string) (*History, error) {
	r, err := findRun(name)
	if err != nil {
		return nil, err
	}
	p, _, err := r.load()
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, fmt.Errorf("layers: %w %q: nothing was saved in %s", ErrNoRun, name, r.dir)
	}
	return p.History, nil
}

// LoadRun returns the model of a run with its weights, compiled as it was
// if its optimizer, loss and metrics are registered (see [RegisterOptimizer]);
// if not, Fit says so. Further training goes on with the optimizer's state.
func LoadRun(name string) (*Model, error) {
	r, err := findRun(name)
	if err != nil {
		return nil, err
	}
	p, list, err := r.load()
	if err == nil && p == nil {
		err = fmt.Errorf("layers: %w %q: nothing was saved in %s", ErrNoRun, name, r.dir)
	}
	if err != nil {
		return nil, err
	}
	var config runConfig
	if err := r.readJSON(configFile, &config); err != nil {
		return nil, fmt.Errorf("layers: run %q: %w", name, err)
	}
	m, err := ModelFromConfig(config.Model)
	if err != nil {
		return nil, fmt.Errorf("layers: run %q: %w", name, err)
	}
	if err := m.takeWeights(list); err != nil {
		return nil, fmt.Errorf("layers: run %q in %s: %w", name, r.dir, err)
	}
	if m.CompileFromConfig(config.Settings.compileConfig()) != nil {
		return m, nil // Fit says why
	}
	s, err := snapshotFrom(m, p, list)
	if err != nil {
		return nil, fmt.Errorf("layers: run %q in %s: %w", name, r.dir, err)
	}
	return m, s.restore(m)
}
