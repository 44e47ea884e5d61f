package engine

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Source is what is copied to a device: flat values, bytes or float32, and what
// the outputs should be, int32 or float32, nil if nobody asks for that.
type Source struct {
	Values, Targets           any
	ValuesShape, TargetsShape shapes.Shape
	Scale, Offset             float32 // a stored value v is the input v*Scale+Offset
}

// Data is a set of examples on the device: bytes stay bytes, and are scaled
// inside the compiled graph.
type Data struct {
	Values, Targets *tensors.Tensor
	scale, offset   *tensors.Tensor // float32 scalars
}

// Upload copies examples to the device, once and without a copy in between.
func Upload(backend compute.Backend, s Source) (*Data, error) {
	d := &Data{}
	scalar := shapes.Make(dtypes.Float32)
	for _, x := range []struct {
		to    **tensors.Tensor
		flat  any
		shape shapes.Shape
	}{
		{&d.Values, s.Values, s.ValuesShape}, {&d.Targets, s.Targets, s.TargetsShape},
		{&d.scale, []float32{s.Scale}, scalar}, {&d.offset, []float32{s.Offset}, scalar},
	} {
		if x.flat == nil {
			continue
		}
		var err error
		if *x.to, err = ToDevice(backend, x.flat, x.shape); err != nil {
			d.Free()
			return nil, fmt.Errorf("layers: copying examples, %s, to the device: %w", s.ValuesShape, err)
		}
	}
	return d, nil
}

// Free releases the device's memory.
func (d *Data) Free() {
	for _, t := range []*tensors.Tensor{d.Values, d.Targets, d.scale, d.offset} {
		Release(t)
	}
}

// Release frees a tensor that may be nil or gone. A failure to free changes
// no result, so it is not reported.
func Release(t *tensors.Tensor) {
	if t != nil && t.Ok() {
		_ = t.FinalizeAll()
	}
}

// ToDevice makes a tensor on the first device from a flat slice.
func ToDevice(backend compute.Backend, flat any, shape shapes.Shape) (*tensors.Tensor, error) {
	return onDevice(backend, 0, flat, shape)
}

// onDevice makes a tensor on a device from a flat slice.
func onDevice(backend compute.Backend, device compute.DeviceNum, flat any,
	shape shapes.Shape) (*tensors.Tensor, error) {
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
