package layers

import (
	"fmt"
	"math"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/engine"
)

// compiled is how a model trains: what Compile was told, the optimizer's
// state, and the programs compiled so far.
type compiled struct {
	optimizer  Optimizer
	told       []*OutputLoss // what to compare outputs with
	everywhere bool          // Compile was told of one output without its name
	step       *ownStep      // in place of that, nil without CompileStep
	err        error         // the first wrong argument of Compile

	initialRates []float64 // the learning rates that Compile saw
	state        engine.State
	programs     engine.Programs
	resting      []*Variable // what a fit in progress leaves alone in its epoch, see TrainDuring
	noAliasing   bool        // see engine.Config; for tests
	atOnce       int         // the same
}

// Compile chooses how the model trains: an optimizer, a loss, and metrics to
// watch. It compiles nothing yet and forgets what the optimizer knew from
// earlier training. A wrong argument is returned, kept, and returned again by
// Fit and Evaluate. Models of several outputs have [Model.CompileOutputs], steps
// of one's own [Model.CompileStep].
func (m *Model) Compile(optimizer Optimizer, loss Loss, metrics ...Metric) error {
	return m.compile(&compiled{optimizer: optimizer, everywhere: true,
		told: []*OutputLoss{ForOutput("", loss).Metrics(metrics...)}})
}

func (m *Model) compile(c *compiled) error {
	c.programs = engine.Programs{}
	m.compiled = c
	if c.err = c.check(); c.err == nil && m.topology != nil && c.step == nil && !c.everywhere {
		_, c.err = m.compiledOutputs()
	}
	if c.err != nil {
		c.err = fmt.Errorf("layers: compiling model %q: %w", m.Name(), c.err)
		return c.err
	}
	for _, o := range c.told {
		for _, list := range [][]Metric{o.metrics, o.weighted} {
			for i, metric := range list {
				if of, ok := metric.(interface{ For(Loss) Metric }); ok {
					list[i] = of.For(o.loss)
				}
			}
		}
	}
	c.initialRates = rates(optimizers(c.optimizer))
	return nil
}

func (c *compiled) check() error {
	switch {
	case c.optimizer == nil:
		return fmt.Errorf("wants an optimizer, for instance layers.Adamax(0.001), got nil")
	case c.optimizer.Err() != nil:
		return fmt.Errorf("%s: %w", c.optimizer.Class(), c.optimizer.Err())
	case c.step != nil:
		return c.step.check()
	}
	losses := 0
	for _, o := range c.told {
		if o.loss != nil {
			losses++
		}
		if err := o.check(); err != nil {
			return err
		}
	}
	if losses == 0 {
		return fmt.Errorf("wants a loss, for instance layers.CategoricalCrossEntropy, got nil")
	}
	return nil
}

func (o *OutputLoss) check() error {
	if o.weight != nil && !(*o.weight >= 0 && *o.weight <= math.MaxFloat32) {
		return fmt.Errorf("the weight of a loss must be a finite number from 0 on, got %v", *o.weight)
	}
	if c, ok := o.loss.(interface{ Err() error }); ok && c.Err() != nil {
		return fmt.Errorf("%s: %w", o.loss.Name(), c.Err())
	}
	seen := map[string]bool{"loss": true, "learning_rate": true}
	for i, metric := range slices.Concat(o.metrics, o.weighted) {
		if metric == nil {
			return fmt.Errorf("metric %d is nil", i+1)
		}
		if c, ok := metric.(interface{ Err() error }); ok && c.Err() != nil {
			return fmt.Errorf("%s: %w", metric.Name(), c.Err())
		}
		if name := metric.Name(); i < len(o.metrics) {
			if seen[name] {
				return fmt.Errorf("there are two metrics of the name %q", name)
			}
			seen[name] = true
		}
		_, mean := metric.(MeanMetric)
		if _, state := metric.(StateMetric); !mean && !state {
			return fmt.Errorf("metric %q is neither a MeanMetric nor a StateMetric", metric.Name())
		}
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
