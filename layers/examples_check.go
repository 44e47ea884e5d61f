package layers

import (
	"errors"
	"fmt"
	"math"
)

// checkExamples says why the model cannot read the examples, if so.
func (m *Model) checkExamples(e *Examples, what string, labeled bool) error {
	if err := m.Ready(); err != nil {
		return err
	}
	targets := labeled && (m.compiled.step == nil || e != nil && e.outputs() != nil)
	err := e.check(targets)
	if err == nil && targets {
		err = m.checkLabels(e)
	}
	if err != nil {
		return fmt.Errorf("layers: model %q, %s: %w", m.Name(), what, err)
	}
	if labeled && m.compiled.step != nil {
		return nil // what a step of one's own reads is its own affair
	}
	inputs := e.inputs()
	if len(inputs) != len(m.inputs) {
		return fmt.Errorf("layers: model %q has %d inputs, %s has examples for %d: see Examples.Inputs",
			m.Name(), len(m.inputs), what, len(inputs))
	}
	for i, v := range inputs {
		if want := m.inputs[i].shape; !want.Equal(Shape(v.Shape)) {
			if len(inputs) == 1 {
				return fmt.Errorf("layers: model %q wants examples of shape %v, %s has shape %v", m.Name(), want, what, v.Shape)
			}
			return fmt.Errorf("layers: model %q wants input %d (%s) of shape %v, %s has shape %v",
				m.Name(), i, m.inputs[i].Layer().Name(), want, what, v.Shape)
		}
	}
	if !labeled {
		return nil
	}
	return m.checkTargets(e, what)
}

// checkLabels says which label is no class, and is not one that the loss of its
// output ignores.
func (m *Model) checkLabels(e *Examples) error {
	outputs, err := m.compiledOutputs()
	if err != nil {
		return err
	}
	targets := e.outputs()
	for i, t := range targets {
		var ignored LabelIgnorer
		if i < len(outputs) {
			ignored, _ = outputs[i].loss.(LabelIgnorer)
		}
		if err := t.checkLabels(ignored); err != nil {
			if len(targets) > 1 {
				err = fmt.Errorf("output %d: %w", i, err)
			}
			return err
		}
	}
	return nil
}

// checkTargets asks the losses and metrics of each output whether the targets
// are right for them.
func (m *Model) checkTargets(e *Examples, what string) error {
	outputs, err := m.compiledOutputs()
	if err != nil {
		return err
	}
	targets := e.outputs()
	if len(targets) != len(outputs) {
		return fmt.Errorf("layers: model %q has %d outputs, %s has targets for %d: see Examples.Outputs",
			m.Name(), len(outputs), what, len(targets))
	}
	for i, o := range outputs {
		one, shape := e.forOutput(targets[i]), m.outputs[i].shape
		check := func(name string, of any) error {
			c, ok := of.(TargetChecker)
			if !ok {
				return nil
			}
			if err := c.CheckTargets(one, shape); err != nil {
				if len(outputs) > 1 {
					name = "output " + o.name + ", " + name
				}
				return fmt.Errorf("layers: model %q, %s: %s %w", m.Name(), what, name, err)
			}
			return nil
		}
		for _, metric := range o.metrics {
			if err := check(metric.Name(), metric.Metric); err != nil {
				return err
			}
		}
		if o.loss != nil {
			if err := check(o.loss.Name(), o.loss); err != nil {
				return err
			}
		}
	}
	return nil
}

// check says what is wrong with the examples themselves.
func (e *Examples) check(labeled bool) error {
	if e == nil {
		return errors.New("there are no examples: got nil")
	}
	if e.Inputs != nil && (e.Shape != nil || e.Bytes != nil || e.Floats != nil) {
		return errors.New("examples have both Inputs and Shape, Bytes or Floats; one of the two must be left out")
	}
	for i, v := range e.inputs() {
		if err := v.check(e.Len()); err != nil {
			if len(e.Inputs) > 1 {
				err = fmt.Errorf("input %d: %w", i, err)
			}
			return err
		}
	}
	if e.Len() == 0 {
		return errors.New("there are no examples")
	}
	if !labeled {
		return nil
	}
	if e.Outputs != nil && (e.Labels != nil || e.Targets != nil) {
		return errors.New("examples have both Outputs and Labels or Targets; one of the two must be left out")
	}
	if e.Outputs == nil {
		t := Target{Labels: e.Labels, Classes: e.Classes, Floats: e.Targets, Shape: e.TargetShape}
		return errors.Join(t.check(e.Len()), checkWeights(e.Weights, e.Len()))
	}
	for i, t := range e.Outputs {
		if err := errors.Join(t.check(e.Len()), checkWeights(t.Weights, e.Len())); err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
	}
	return checkWeights(e.Weights, e.Len())
}

func (v *Values) check(n int) error {
	if (v.Bytes != nil) && (v.Floats != nil) {
		return errors.New("examples hold both Bytes and Floats; exactly one must be set")
	}
	size := Shape(v.Shape).Size()
	if got := len(v.Bytes) + len(v.Floats); size > 0 && got%size != 0 {
		return fmt.Errorf("%d values do not make whole examples of shape %v (%d values each)", got, v.Shape, size)
	}
	if v.len() == 0 {
		return fmt.Errorf("there are no examples (shape %v)", v.Shape)
	}
	if v.len() != n {
		return fmt.Errorf("there are %d examples, and %d of the first input", v.len(), n)
	}
	return nil
}

func (t *Target) check(n int) error {
	want := n * t.shape().Size()
	if t.Floats != nil {
		if len(t.Floats) != want || t.Labels != nil {
			return fmt.Errorf("%d targets of shape %v want %d numbers and no labels, got %d and %d labels",
				n, t.shape(), want, len(t.Floats), len(t.Labels))
		}
		return nil
	}
	switch {
	case len(t.Labels) != want && t.Shape == nil:
		return fmt.Errorf("there are %d labels for %d examples", len(t.Labels), n)
	case len(t.Labels) != want:
		return fmt.Errorf("there are %d labels for %d examples of %v labels each", len(t.Labels), n, t.Shape)
	}
	return nil
}

func (t *Target) checkLabels(ignored LabelIgnorer) error {
	for i, label := range t.Labels {
		if (label < 0 || int(label) >= t.Classes) && (ignored == nil || !ignored.IgnoresLabel(label)) {
			return fmt.Errorf("label %d is %d, outside of 0 to %d (Classes is %d)", i, label, t.Classes-1, t.Classes)
		}
	}
	return nil
}

func checkWeights(weights []float32, n int) error {
	if weights == nil {
		return nil
	}
	if len(weights) != n {
		return fmt.Errorf("there are %d weights for %d examples", len(weights), n)
	}
	for i, w := range weights {
		if !(w >= 0 && w <= math.MaxFloat32) {
			return fmt.Errorf("weight %d is %v; wants finite weights from 0 on", i, w)
		}
	}
	return nil
}
