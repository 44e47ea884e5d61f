package layers

import (
	"testing"

	"github.com/gocifar/gocifar/internal/xlaflags"
	"github.com/gocifar/gocifar/layers/internal/xla"
)

// TestFastestPolicy: bfloat16 is taken only where the processor is fast in it,
// and backend and flags have it.
func TestFastestPolicy(t *testing.T) {
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	want := Float32
	if xla.IsCPU(backend) && xlaflags.ProcessorIsFastInBFloat16() {
		want = MixedBFloat16
	}
	for flags, want := range map[string]DTypePolicy{
		"":                          Float32,
		"--xla_cpu_use_onednn=true": Float32,
		xlaflags.OneDNN + " -x":     want,
	} {
		t.Setenv("XLA_FLAGS", flags) // of the choice only: the backend is open
		if got, err := FastestPolicy(); err != nil || got != want {
			t.Errorf("XLA_FLAGS=%q: got %s, want %s (%v)", flags, got, want, err)
		}
	}
}
