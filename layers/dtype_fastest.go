package layers

import (
	"github.com/gocifar/gocifar/internal/xlaflags"
	"github.com/gocifar/gocifar/layers/internal/xla"
)

// FastestPolicy is MixedBFloat16 where it is known to be faster than Float32,
// and Float32 elsewhere:
//
//	policy, err := layers.FastestPolicy()
//	…
//	model.DType(policy)
//
// It is faster on XLA's CPU backend, on a processor that is fast in bfloat16
// (AMX, or AMD's AVX512-BF16), with XLA told to use oneDNN, as
// `go run ./kernel setup` tells it in the kernels:
//
//	XLA_FLAGS="--xla_cpu_use_onednn=true --xla_cpu_experimental_onednn_custom_call=true"
//
// XLA reads XLA_FLAGS when its plugin is loaded, and ends the process if it
// does not know a flag. How much faster: SPEED.md. It returns an error if the
// backend cannot be opened.
func FastestPolicy() (DTypePolicy, error) {
	backend, err := Backend()
	if err != nil {
		return Float32, err
	}
	if xla.IsCPU(backend) && xlaflags.ProcessorIsFastInBFloat16() && xlaflags.HasOneDNN() {
		return MixedBFloat16, nil
	}
	return Float32, nil
}
