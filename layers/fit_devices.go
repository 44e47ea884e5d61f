package layers

import (
	"fmt"

	"github.com/gomlx/compute"
)

// DataParallel makes Fit compute every batch on n devices of the backend at
// once: each takes the n-th part of it, and they add up their gradients. The
// results are those of one device, up to the order in which sums are rounded;
// batch normalization sees the whole batch, and dropout drops the same values.
// Every device keeps the data set, or of a [Source] the batch, the weights and the
// optimizer's state. The batch size must be a multiple of n. Default 1. Measuring
// on validation data and [Model.Predict] use one device.
//
// Only XLA has several devices: the GPUs that it sees (the option
// visible_devices of GOMLX_BACKEND picks some), or as many parts of the CPU as
// XLA_FLAGS=--xla_force_host_platform_device_count=n says when the process
// starts. Those of a CPU share its cores, so they are for trying out.
//
// The program is written for the whole batch, and XLA partitions it (GSPMD with
// Shardy, through GoMLX's AutoSharding): only the rows of the batch are declared
// to be spread over the devices. Several hosts would run this very program, each
// with its part of the mesh. What go-xla 0.4.5 lacks for that is in
// layers/DISTRIBUTED.md.
func DataParallel(n int) Option {
	return fitOption(func(o *options) {
		o.devices = n
		if n == 0 {
			o.devices = -1 // refused by check: 0 stands for the default
		}
	})
}

// deviceCount is the number of devices, checked against what there is. Of a source
// in memory the size of batches is known.
func (o *options) deviceCount(backend compute.Backend, inMemory bool) (int, error) {
	n := max(1, o.devices)
	if n == 1 {
		return 1, nil
	}
	if there := backend.NumDevices(); there < n {
		return 0, fmt.Errorf("layers: DataParallel(%d) wants %d devices, backend %s has %d; on a CPU, "+
			"XLA_FLAGS=--xla_force_host_platform_device_count=%d, "+
			"set before the process starts, makes XLA offer as many", n, n, backend.Name(), there, n)
	}
	if inMemory && o.batchSize()%n != 0 {
		return 0, fmt.Errorf("layers: DataParallel(%d) wants batches that %d devices share evenly, BatchSize is %d",
			n, n, o.batchSize())
	}
	return n, nil
}
