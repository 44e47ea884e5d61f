package setup

import (
	"cmp"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/internal/xlaflags"
)

// TestXLAFlags: oneDNN is switched on where processor and plugin have it, and
// the user has not said otherwise.
func TestXLAFlags(t *testing.T) {
	for _, c := range []struct {
		name, device, own, unknown string
		bfloat16                   bool
		want                       string
	}{
		{name: "a processor with bfloat16", device: "cpu", bfloat16: true,
			want: xlaflags.OneDNN + " " + xlaflags.SumsByYNNPACK},
		{name: "one without", device: "cpu"},
		{name: "a GPU", device: "cuda", bfloat16: true, want: xlaflags.ConvolutionGraphs},
		{name: "a GPU's plugin that does not know it", device: "cuda", unknown: "*command_buffer*"},
		{name: "another device", device: "rocm", bfloat16: true},
		{name: "the user's own flags", device: "cpu", bfloat16: true, own: "--xla_dump_to=/tmp"},
		{name: "a plugin without YNNPACK", device: "cpu", bfloat16: true, unknown: "*ynn*", want: xlaflags.OneDNN},
		{name: "a plugin that does not know them", device: "cpu", bfloat16: true, unknown: "*onednn*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeMachine(t)
			t.Setenv("XLA_FLAGS", c.own)
			t.Setenv("FAKE_UNKNOWN", cmp.Or(c.unknown, "none"))
			if _, err := Ensure(t.Context(), Options{ModuleRoot: f.root}); err != nil {
				t.Fatal(err)
			}
			m, err := inspect(t.Context(), f.root)
			if err != nil || !m.backendReady() {
				t.Fatalf("not ready: %v", err)
			}
			m.bfloat16 = c.bfloat16
			m.backend = Backend{Config: "xla:/lib/plugin.so", Device: c.device}
			m.backend.XLAFlags = m.xlaFlags(t.Context(), m.backend)
			if m.backend.XLAFlags != c.want {
				t.Errorf("got %q, want %q", m.backend.XLAFlags, c.want)
			}
			if got := slices.Contains(environ(m.gonbSpec()),
				"XLA_FLAGS="+cmp.Or(c.want, xlaflags.OneDNN)); got != (c.want != "") {
				t.Errorf("in the kernelspec: %v", got)
			}
		})
	}
}
