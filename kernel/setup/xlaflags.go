package setup

import (
	"context"
	"os"

	"golang.org/x/sys/cpu"
)

// oneDNNFlags let XLA's CPU backend hand convolutions and products of matrices
// to oneDNN, which computes bfloat16 with the processor's own instructions:
// several times faster than XLA's float32, and than XLA's bfloat16 without it
// (transfer/MEASURED.md).
const oneDNNFlags = "--xla_cpu_use_onednn=true --xla_cpu_experimental_onednn_custom_call=true"

// sumsByYNNPACK leaves YNNPACK nothing but sums: newer XLAs have it take
// float32's convolutions and products before oneDNN is asked, which computes
// them faster (layers/SPEED.md).
const sumsByYNNPACK = "--xla_cpu_experimental_ynn_fusion_type=LIBRARY_FUSION_TYPE_REDUCE"

// offeredXLAFlags are tried in this order.
func offeredXLAFlags() []string { return []string{oneDNNFlags + " " + sumsByYNNPACK, oneDNNFlags} }

// cpuHasBFloat16 tells whether the processor multiplies bfloat16: AVX512-BF16
// or AMX.
func cpuHasBFloat16() bool { return cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16 }

// xlaFlags returns what XLA_FLAGS should be for a backend, "" to leave it
// alone. XLA ends the process at a flag it does not know, so the probe tries
// them first. Flags of the user's own stand.
func (m *machine) xlaFlags(ctx context.Context, b Backend) string {
	if b.Device != "cpu" || !m.bfloat16 || os.Getenv("XLA_FLAGS") != "" {
		return ""
	}
	for _, flags := range offeredXLAFlags() {
		if _, err := m.probe(ctx, b.Config, []string{"XLA_FLAGS=" + flags}); err == nil {
			return flags
		}
	}
	return ""
}
