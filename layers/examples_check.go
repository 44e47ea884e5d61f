package layers

import (
	"errors"
	"fmt"
)

// checkExamples says why the model cannot read the examples, if so.
func (m *Model) checkExamples(e *Examples, what string, labeled bool) error {
	if err := m.Ready(); err != nil {
		return err
	}
	if err := e.check(labeled); err != nil {
		return fmt.Errorf("layers: model %q, %s: %w", m.Name(), what, err)
	}
	if len(m.inputs) != 1 || len(m.outputs) != 1 {
		return fmt.Errorf("layers: model %q has %d inputs and %d outputs; training and prediction want 1 of each",
			m.Name(), len(m.inputs), len(m.outputs))
	}
	if want := m.inputs[0].shape; !want.Equal(Shape(e.Shape)) {
		return fmt.Errorf("layers: model %q wants examples of shape %v, %s has shape %v", m.Name(), want, what, e.Shape)
	}
	if !labeled {
		return nil
	}
	check := func(name string, of any) error {
		if c, ok := of.(TargetChecker); ok {
			if err := c.CheckTargets(e, m.outputs[0].shape); err != nil {
				return fmt.Errorf("layers: model %q, %s: %s %w", m.Name(), what, name, err)
			}
		}
		return nil
	}
	for _, metric := range m.compiled.metrics {
		if err := check(metric.Name(), metric); err != nil {
			return err
		}
	}
	return check(m.compiled.loss.Name(), m.compiled.loss)
}

// check says what is wrong with the examples themselves.
func (e *Examples) check(labeled bool) error {
	if e == nil {
		return errors.New("there are no examples: got nil")
	}
	if (e.Bytes != nil) && (e.Floats != nil) {
		return errors.New("examples hold both Bytes and Floats; exactly one must be set")
	}
	size, n := Shape(e.Shape).Size(), e.Len()
	if got := len(e.Bytes) + len(e.Floats); size > 0 && got%size != 0 {
		return fmt.Errorf("%d values do not make whole examples of shape %v (%d values each)", got, e.Shape, size)
	}
	if n == 0 {
		return fmt.Errorf("there are no examples (shape %v)", e.Shape)
	}
	if !labeled {
		return nil
	}
	if e.Targets != nil {
		if want := n * e.targetShape().Size(); len(e.Targets) != want || e.Labels != nil {
			return fmt.Errorf("%d targets of shape %v want %d numbers and no labels, got %d and %d labels",
				n, e.targetShape(), want, len(e.Targets), len(e.Labels))
		}
		return nil
	}
	if len(e.Labels) != n {
		return fmt.Errorf("there are %d labels for %d examples", len(e.Labels), n)
	}
	for i, label := range e.Labels {
		if label < 0 || int(label) >= e.Classes {
			return fmt.Errorf("label %d is %d, outside of 0 to %d (Classes is %d)", i, label, e.Classes-1, e.Classes)
		}
	}
	return nil
}
