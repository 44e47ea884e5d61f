package setup

import (
	"context"
	"os"

	"github.com/gocifar/gocifar/layers/xlaflags"
)

// offeredXLAFlags are tried in this order.
func offeredXLAFlags() []string {
	return []string{xlaflags.OneDNN + " " + xlaflags.SumsByYNNPACK, xlaflags.OneDNN}
}

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
