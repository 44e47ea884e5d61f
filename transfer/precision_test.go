package transfer

import (
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/gocifar/gocifar/layers"
)

// TestFastPrecision: bfloat16 is taken only where processor, backend and flags
// all have it.
func TestFastPrecision(t *testing.T) {
	backend, err := layers.Backend()
	if err != nil {
		t.Fatal(err)
	}
	want := dtypes.Float32
	if xla, ok := backend.(interface{ IsCPU() bool }); ok && xla.IsCPU() && hasBFloat16() {
		want = dtypes.BFloat16
	}
	for flags, want := range map[string]dtypes.DType{
		"":                          dtypes.Float32,
		"--xla_cpu_use_onednn=true": dtypes.Float32,
		"--xla_cpu_use_onednn=true " + oneDNNFlag + " -x": want,
	} {
		t.Setenv("XLA_FLAGS", flags) // of the choice only: the backend is open
		if got, err := fastPrecision(); err != nil || got != want {
			t.Errorf("XLA_FLAGS=%q: got %s, want %s (%v)", flags, got, want, err)
		}
	}
}
