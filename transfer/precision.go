package transfer

import (
	"os"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"golang.org/x/sys/cpu"

	"github.com/gocifar/gocifar/layers"
)

// BFloat16 has Features compute in bfloat16, whose 8 bits of precision are
// enough for features: a head trained on them is as accurate (MEASURED.md).
// They are stored as float32 all the same.
//
// It is the default where it is known to be several times faster than float32:
// on XLA's CPU backend, on a processor with instructions for bfloat16, with
// XLA told to use oneDNN (as `go run ./kernel setup` tells it):
//
//	XLA_FLAGS="--xla_cpu_use_onednn=true --xla_cpu_experimental_onednn_custom_call=true"
//
// XLA reads XLA_FLAGS when its plugin is loaded, and ends the process if it
// does not know a flag.
func BFloat16() FeatureOption { return func(e *extraction) { e.dtype = dtypes.BFloat16 } }

// Float32 has Features compute in float32 everywhere, to the last bit what the
// composed model computes in batches of the same size.
func Float32() FeatureOption { return func(e *extraction) { e.dtype = dtypes.Float32 } }

// oneDNNFlag is the flag without which XLA computes bfloat16 in float32 and
// rounds, which is slower than float32 alone.
const oneDNNFlag = "--xla_cpu_experimental_onednn_custom_call=true"

// fastPrecision is the precision that Features takes by itself.
func fastPrecision() (dtypes.DType, error) {
	backend, err := layers.Backend()
	if err != nil {
		return dtypes.InvalidDType, err
	}
	xla, ok := backend.(interface{ IsCPU() bool })
	if ok && xla.IsCPU() && hasBFloat16() && strings.Contains(os.Getenv("XLA_FLAGS"), oneDNNFlag) {
		return dtypes.BFloat16, nil
	}
	return dtypes.Float32, nil
}

// hasBFloat16 tells whether the processor multiplies bfloat16 by itself:
// AVX512-BF16 on Intel's since Cooper Lake and AMD's since Zen 4, AMX on
// Intel's since Sapphire Rapids.
func hasBFloat16() bool { return cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16 }
