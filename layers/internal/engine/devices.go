package engine

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// spread compiles the step for several devices. Of its arguments the order alone
// is spread over them: with several devices it is a matrix [batch, steps], of
// which each has the rows of its part of every batch.
func (s *trainStep) spread(exec *graph.Exec) error {
	mesh, err := distributed.NewDeviceMesh([]int{s.Devices}, []string{"batch"})
	if err != nil {
		return err
	}
	rows, err := distributed.BuildSpec(mesh).S("batch").R().Done()
	if err != nil {
		return err
	}
	whole := distributed.NewReplicatedShardingSpec(mesh)
	var in []*distributed.ShardingSpec
	for range s.orderPlace() {
		in = append(in, whole)
	}
	exec.AutoSharding(mesh).WithInputShardingSpecs(append(in, rows, whole)...).WithOutputShardingSpecs(whole)
	return nil
}

// rows are the examples of the step's batch: int32 [batch], nil for all there are.
func (s *trainStep) rows(a *stepArgs[*graph.Node]) *graph.Node {
	switch {
	case s.Stream && s.Devices == 1:
		return nil
	case s.Stream: // the order has one step
		return graph.Reshape(a.order, s.Batch)
	case s.Devices == 1:
		first := graph.MulScalar(a.step, s.Batch)
		return graph.Gather(a.order, graph.ExpandAxes(positions(first, s.Batch), -1))
	}
	column := graph.DynamicSlice(a.order, []*graph.Node{graph.ZerosLike(a.step), a.step}, []int{s.Batch, 1})
	return graph.Reshape(column, s.Batch)
}

// mirror holds the arguments of a step on the devices beside the first. The
// first device's may be replaced from outside, as when a callback restores
// weights: those are copied again.
type mirror struct {
	backend compute.Backend
	order   int                 // the place of the order among the arguments
	first   []*tensors.Tensor   // the first device's arguments, as of the last step
	copies  [][]*tensors.Tensor // [device-1][argument]
	orders  []*tensors.Tensor   // the order's parts, of all devices
}

func newMirror(backend compute.Backend, devices, order int) *mirror {
	return &mirror{backend: backend, order: order, copies: make([][]*tensors.Tensor, devices-1)}
}

// setOrder gives each device its rows of an epoch's order, and returns the first
// device's.
func (m *mirror) setOrder(order []int32, batch int) (*tensors.Tensor, error) {
	steps, devices := len(order)/batch, len(m.copies)+1
	for _, t := range m.orders {
		Release(t)
	}
	m.orders = nil
	for device := range devices {
		part := make([]int32, 0, batch/devices*steps)
		for row := device * batch / devices; row < (device+1)*batch/devices; row++ {
			for step := range steps {
				part = append(part, order[step*batch+row])
			}
		}
		t, err := onDevice(m.backend, compute.DeviceNum(device), part, shapes.Make(dtypes.Int32, batch/devices, steps))
		if err != nil {
			return nil, err
		}
		m.orders = append(m.orders, t)
	}
	return m.orders[0], nil
}

// follow brings the other devices' arguments up to date with the first's, and
// returns the lists of all.
func (m *mirror) follow(list []*tensors.Tensor) ([][]*tensors.Tensor, error) {
	if m.first == nil {
		m.first = make([]*tensors.Tensor, len(list))
		for d := range m.copies {
			m.copies[d] = make([]*tensors.Tensor, len(list))
		}
	}
	all := [][]*tensors.Tensor{list}
	for d, copies := range m.copies {
		for i, t := range list {
			switch {
			case i == m.order:
				copies[i] = m.orders[d+1]
			case m.first[i] != t:
				Release(copies[i])
				var err error
				if copies[i], err = copyTo(m.backend, compute.DeviceNum(d+1), t); err != nil {
					return nil, fmt.Errorf("layers: copying a step's arguments to device %d: %w", d+1, err)
				}
			}
		}
		all = append(all, copies)
	}
	copy(m.first, list)
	return all, nil
}

// accept takes a step's results, those of one device after those of the other,
// as new arguments: replaced lists the places of the arguments that they
// replace.
func (m *mirror) accept(out []*tensors.Tensor, replaced []int) {
	per := len(out) / (len(m.copies) + 1)
	for j, i := range replaced {
		m.first[i] = out[j]
		for d := range m.copies {
			m.copies[d][i] = out[(d+1)*per+j]
		}
	}
}

// free releases everything but the first device's arguments.
func (m *mirror) free() {
	for _, t := range m.orders {
		Release(t)
	}
	for _, copies := range m.copies {
		for i, t := range copies {
			if i != m.order {
				Release(t)
			}
		}
	}
}

// copyTo copies a tensor to a device.
func copyTo(backend compute.Backend, device compute.DeviceNum, t *tensors.Tensor) (copied *tensors.Tensor, err error) {
	readErr := t.ConstFlatData(func(flat any) { copied, err = onDevice(backend, device, flat, t.Shape()) })
	if readErr != nil {
		return nil, readErr
	}
	return copied, err
}
