package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/engine"
)

// compiled is how a model trains: what Compile was told, the optimizer's
// state, and the programs compiled so far.
type compiled struct {
	optimizer Optimizer
	loss      Loss
	metrics   []Metric
	err       error // the first wrong argument of Compile

	initialRate *float64 // the learning rate that Compile saw
	state       engine.State
	programs    engine.Programs
	noAliasing  bool // see engine.Config; for tests
	atOnce      int  // the same
}

// Compile chooses how the model trains: an optimizer, a loss, and metrics to
// watch. It compiles nothing yet and forgets what the optimizer knew from
// earlier training. A wrong argument is returned, kept, and returned again by
// Fit and Evaluate.
func (m *Model) Compile(optimizer Optimizer, loss Loss, metrics ...Metric) error {
	c := &compiled{optimizer: optimizer, loss: loss, metrics: slices.Clone(metrics), programs: engine.Programs{}}
	m.compiled = c
	if c.err = c.check(); c.err != nil {
		c.err = fmt.Errorf("layers: compiling model %q: %w", m.Name(), c.err)
	}
	for i, metric := range c.metrics {
		if m, ok := metric.(interface{ For(Loss) Metric }); ok {
			c.metrics[i] = m.For(loss)
		}
	}
	if c.err == nil {
		rate := optimizer.LearningRate()
		c.initialRate = &rate
	}
	return c.err
}

func (c *compiled) check() error {
	switch {
	case c.optimizer == nil:
		return fmt.Errorf("wants an optimizer, for instance layers.Adamax(0.001), got nil")
	case c.optimizer.Err() != nil:
		return fmt.Errorf("%s: %w", c.optimizer.Class(), c.optimizer.Err())
	case c.loss == nil:
		return fmt.Errorf("wants a loss, for instance layers.CategoricalCrossEntropy, got nil")
	}
	seen := map[string]bool{"loss": true, "learning_rate": true}
	for i, metric := range c.metrics {
		if metric == nil {
			return fmt.Errorf("metric %d is nil", i+1)
		}
		if seen[metric.Name()] {
			return fmt.Errorf("there are two metrics of the name %q", metric.Name())
		}
		seen[metric.Name()] = true
	}
	return nil
}

// Optimizer returns the optimizer that Compile was given, nil before.
func (m *Model) Optimizer() Optimizer {
	if m.compiled == nil {
		return nil
	}
	return m.compiled.optimizer
}

// readyToTrain returns the compiled side of the model, or why it cannot train.
func (m *Model) readyToTrain() (*compiled, error) {
	if err := m.Ready(); err != nil {
		return nil, err
	}
	if m.compiled == nil {
		return nil, fmt.Errorf("layers: model %q is not compiled: call Compile(optimizer, loss, metrics...) first", m.Name())
	}
	return m.compiled, m.compiled.err
}

// names lists what training measures, the loss first.
func (c *compiled) names() []string {
	names := []string{"loss"}
	for _, metric := range c.metrics {
		names = append(names, metric.Name())
	}
	return names
}
