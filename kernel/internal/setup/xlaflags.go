package setup

import (
	"context"
	"os"

	"github.com/gocifar/gocifar/internal/xlaflags"
)

// offeredXLAFlags are tried in this order, on a device.
func offeredXLAFlags(device string, bfloat16 bool) []string {
	switch {
	case device == "cpu" && bfloat16:
		return []string{xlaflags.OneDNN + " " + xlaflags.SumsByYNNPACK, xlaflags.OneDNN}
	case device == "cuda":
		return []string{xlaflags.ConvolutionGraphs}
	}
	return nil
}

// xlaFlags returns what XLA_FLAGS should be for a backend, "" to leave it
// alone. XLA ends the process at a flag it does not know, so the probe tries
// them first. Flags of the user's own stand.
func (m *machine) xlaFlags(ctx context.Context, b Backend) string {
	if os.Getenv("XLA_FLAGS") != "" {
		return ""
	}
	for _, flags := range offeredXLAFlags(b.Device, m.bfloat16) {
		if _, err := m.probe(ctx, b.Config, []string{"XLA_FLAGS=" + flags}); err == nil {
			return flags
		}
	}
	return ""
}
