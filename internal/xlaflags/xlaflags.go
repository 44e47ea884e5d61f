// Package xlaflags names what `go run ./kernel setup` puts into kernels'
// XLA_FLAGS, and what package layers chooses its precision and its gradients by
// on a CPU. XLA reads the flags once, when its plugin is loaded, and ends the
// process at one that it does not know.
package xlaflags

import (
	"os"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

const (
	// oneDNNCalls is the flag without which XLA computes bfloat16 in float32
	// and rounds, which is slower than float32 alone.
	oneDNNCalls = "--xla_cpu_experimental_onednn_custom_call=true"

	// OneDNN lets XLA hand convolutions and products of matrices to oneDNN,
	// which computes bfloat16 with the processor's own instructions: several
	// times faster than XLA's float32 (.ci/experiments.md).
	OneDNN = "--xla_cpu_use_onednn=true " + oneDNNCalls

	// SumsByYNNPACK leaves YNNPACK nothing but sums: newer XLAs have it take
	// float32's convolutions and products before oneDNN is asked, which
	// computes them faster (.ci/experiments.md).
	SumsByYNNPACK = "--xla_cpu_experimental_ynn_fusion_type=LIBRARY_FUSION_TYPE_REDUCE"

	// ConvolutionGraphs has XLA put convolutions into its CUDA graphs, too: a
	// graph is started at once, where else each kernel is
	// (layers/SPEED_GPU.md).
	ConvolutionGraphs = "--xla_gpu_enable_command_buffer=+CONVOLUTION"
)

// HasOneDNN tells whether this process' XLA_FLAGS have oneDNN compute
// bfloat16's convolutions and products.
func HasOneDNN() bool { return strings.Contains(os.Getenv("XLA_FLAGS"), oneDNNCalls) }

// HasOneDNNFloat32 tells whether they have it compute float32's, too.
func HasOneDNNFloat32() bool {
	return HasOneDNN() && strings.Contains(os.Getenv("XLA_FLAGS"), SumsByYNNPACK)
}

// ProcessorHasBFloat16 tells whether the processor multiplies bfloat16 by
// itself: AVX512-BF16 on Intel's since Cooper Lake and AMD's since Zen 4, AMX
// on Intel's since Sapphire Rapids.
func ProcessorHasBFloat16() bool { return cpuid.CPU.Supports(cpuid.AVX512BF16) || hasAMX() }

// ProcessorIsFastInBFloat16 tells whether it multiplies twice as much of it in
// a time as of float32, or more. Intel's AVX512-BF16 does not: without AMX, as
// in some virtual machines, an Emerald Rapids takes longer in bfloat16
// (layers/SPEED.md).
func ProcessorIsFastInBFloat16() bool {
	return hasAMX() || cpuid.CPU.IsVendor(cpuid.AMD) && cpuid.CPU.Supports(cpuid.AVX512BF16)
}

func hasAMX() bool { return cpuid.CPU.Supports(cpuid.AMXBF16) }
