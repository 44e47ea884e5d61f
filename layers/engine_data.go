package layers

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// deviceData is a set of examples on the device: bytes stay bytes, and are
// scaled inside the compiled graph.
type deviceData struct {
	values        *tensors.Tensor // [n, shape...], uint8 or float32
	targets       *tensors.Tensor // int32 [n] or float32 [n, TargetShape…], nil if there are none
	scale, offset *tensors.Tensor // float32 scalars
}

// upload copies examples to the device, once and without a copy in between.
func upload(backend compute.Backend, e *Examples) (d *deviceData, err error) {
	d = &deviceData{}
	defer func() {
		if err != nil {
			d.free()
		}
	}()
	d.values, err = e.device(backend, 0, e.Len(), e.Len())
	if err == nil && e.Labels != nil {
		d.targets, err = toDevice(backend, e.Labels, shapes.Make(dtypes.Int32, e.Len()))
	} else if err == nil && e.Targets != nil {
		d.targets, err = toDevice(backend, e.Targets, shapes.Make(dtypes.Float32, append([]int{e.Len()}, e.targetShape()...)...))
	}
	if err == nil {
		d.scale, err = toDevice(backend, []float32{e.scale()}, shapes.Make(dtypes.Float32))
	}
	if err == nil {
		d.offset, err = toDevice(backend, []float32{e.Offset}, shapes.Make(dtypes.Float32))
	}
	if err != nil {
		return d, fmt.Errorf("layers: copying %d examples of shape %v to the device: %w", e.Len(), e.Shape, err)
	}
	return d, nil
}

// free releases the device's memory.
func (d *deviceData) free() {
	for _, t := range []*tensors.Tensor{d.values, d.targets, d.scale, d.offset} {
		release(t)
	}
}

// release frees a tensor that may be nil or gone. A failure to free changes
// no result, so it is not reported.
func release(t *tensors.Tensor) {
	if t != nil && t.Ok() {
		_ = t.FinalizeAll()
	}
}

// toDevice makes a tensor on the first device from a flat slice.
func toDevice(backend compute.Backend, flat any, shape shapes.Shape) (*tensors.Tensor, error) {
	return onDevice(backend, 0, flat, shape)
}

// onDevice makes a tensor on a device from a flat slice.
func onDevice(backend compute.Backend, device compute.DeviceNum, flat any, shape shapes.Shape) (*tensors.Tensor, error) {
	buffer, err := backend.BufferFromFlatData(device, flat, shape)
	if err != nil {
		return nil, err
	}
	return tensors.FromBuffer(buffer)
}

// readInputs adds to the graph: the examples of the given rows, as the model
// wants them.
func readInputs(values, rows, scale, offset *graph.Node) *graph.Node {
	x := graph.ConvertDType(graph.Gather(values, graph.ExpandAxes(rows, -1)), dtypes.Float32)
	return graph.Add(graph.Mul(x, scale), offset)
}

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
