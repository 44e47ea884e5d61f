package layers

import (
	"os"
	"strings"

	"golang.org/x/sys/cpu"
)

// oneDNNFlag is the flag without which XLA's CPU backend computes bfloat16 in
// float32 and rounds, which is slower than float32 alone.
const oneDNNFlag = "--xla_cpu_experimental_onednn_custom_call=true"

// FastestPolicy is MixedBFloat16 where it is known to be faster than Float32,
// and Float32 elsewhere:
//
//	policy, err := layers.FastestPolicy()
//	…
//	model.DType(policy)
//
// It is faster on XLA's CPU backend, on a processor with instructions for
// bfloat16 (AVX512-BF16 or AMX), with XLA told to use oneDNN, as
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
	if computesOnCPU(backend) && hasBFloat16() && strings.Contains(os.Getenv("XLA_FLAGS"), oneDNNFlag) {
		return MixedBFloat16, nil
	}
	return Float32, nil
}

// hasBFloat16 tells whether the processor multiplies bfloat16 by itself:
// AVX512-BF16 on Intel's since Cooper Lake and AMD's since Zen 4, AMX on
// Intel's since Sapphire Rapids.
func hasBFloat16() bool { return cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16 }
