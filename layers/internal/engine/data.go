package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Source is what is copied to a device: what the model reads, what its outputs
// should be, and how much each example weighs. There may be none of the latter
// two.
type Source struct {
	Inputs           []Input
	Targets, Weights []Array
}

// Array is flat values of a shape, whose type they have.
type Array struct {
	Values any
	Shape  shapes.Shape
}

// Input is bytes or float32, of which a stored value v is the input
// v*Scale+Offset.
type Input struct {
	Array
	Scale, Offset float32
}

// Data is a set of examples on the device: bytes stay bytes, and are scaled
// inside the compiled graph.
type Data struct {
	dataArgs[*tensors.Tensor]
	count *tensors.Tensor // of a batch: see UploadBatch
	real  int
}

// dataArgs are the arguments that hold examples: scales and offsets, float32
// scalars, are the inputs'.
type dataArgs[T any] struct{ Values, Targets, Scales, Offsets, Weights []T }

// listData puts the arguments in order. It is no method: a notebook's cell that
// mentions a model would compile all methods of generic types in it.
func listData[T any](a *dataArgs[T]) []T {
	return slices.Concat(a.Values, a.Targets, a.Scales, a.Offsets, a.Weights)
}

// countData says how many there are of each kind, by which parseData takes them
// apart again.
func countData[T any](a *dataArgs[T]) dataCounts {
	return dataCounts{len(a.Values), len(a.Targets), len(a.Weights)}
}

type dataCounts struct{ inputs, targets, weights int }

func parseData(in []*graph.Node, n dataCounts) (a dataArgs[*graph.Node], rest []*graph.Node) {
	for _, part := range []struct {
		to    *[]*graph.Node
		count int
	}{
		{&a.Values, n.inputs}, {&a.Targets, n.targets}, {&a.Scales, n.inputs}, {&a.Offsets, n.inputs},
		{&a.Weights, n.weights},
	} {
		*part.to, in = in[:part.count:part.count], in[part.count:]
	}
	return a, in
}

// Upload copies examples to the device, once and without a copy in between.
func Upload(backend compute.Backend, s Source) (*Data, error) {
	d := &Data{}
	add := func(to *[]*tensors.Tensor, a Array) error {
		t, err := ToDevice(backend, a.Values, a.Shape)
		if err != nil {
			d.Free()
			return fmt.Errorf("layers: copying examples, %s, to the device: %w", a.Shape, err)
		}
		*to = append(*to, t)
		return nil
	}
	scalar := func(v float32) Array { return Array{[]float32{v}, shapes.Make(dtypes.Float32)} }
	for _, x := range s.Inputs {
		if err := add(&d.Values, x.Array); err != nil {
			return nil, err
		}
	}
	for _, y := range s.Targets {
		if err := add(&d.Targets, y); err != nil {
			return nil, err
		}
	}
	for _, x := range s.Inputs {
		if err := errors.Join(add(&d.Scales, scalar(x.Scale)), add(&d.Offsets, scalar(x.Offset))); err != nil {
			return nil, err
		}
	}
	for _, w := range s.Weights {
		if err := add(&d.Weights, w); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// UploadBatch copies a batch to the device, filled up to the size of all, and how
// many of its examples are real.
func UploadBatch(backend compute.Backend, s Source, count int) (*Data, error) {
	d, err := Upload(backend, s)
	if err != nil {
		return nil, err
	}
	d.real = count
	if d.count, err = ToDevice(backend, []int32{int32(count)}, shapes.Make(dtypes.Int32)); err != nil {
		d.Free()
		return nil, fmt.Errorf("layers: copying a batch to the device: %w", err)
	}
	return d, nil
}

// Free releases the device's memory.
func (d *Data) Free() {
	for _, t := range append(listData(&d.dataArgs), d.count) {
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

// read adds the examples of the given rows to the graph, as a task wants them;
// nil are all rows.
func (b *Batch) read(a *dataArgs[*graph.Node], rows *graph.Node) {
	pick := func(values *graph.Node) *graph.Node {
		if rows == nil {
			return values
		}
		return graph.Gather(values, graph.ExpandAxes(rows, -1))
	}
	for i, values := range a.Values {
		x := graph.ConvertDType(pick(values), dtypes.Float32)
		b.Inputs = append(b.Inputs, graph.Add(graph.Mul(x, a.Scales[i]), a.Offsets[i]))
	}
	for _, t := range a.Targets {
		b.Targets = append(b.Targets, pick(t))
	}
	for _, w := range a.Weights {
		b.Weights = append(b.Weights, pick(w))
	}
}
