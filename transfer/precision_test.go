package transfer

import (
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/gocifar/gocifar/internal/xlaflags"
	"github.com/gocifar/gocifar/layers"
)

// TestFastPrecision: Features computes in the type of the fastest policy.
func TestFastPrecision(t *testing.T) {
	for _, flags := range []string{"", xlaflags.OneDNN} {
		t.Setenv("XLA_FLAGS", flags) // of the choice only: the backend is open
		policy, err := layers.FastestPolicy()
		if err != nil {
			t.Fatal(err)
		}
		want := map[layers.DTypePolicy]dtypes.DType{layers.Float32: dtypes.Float32, layers.MixedBFloat16: dtypes.BFloat16}[policy]
		if got, err := fastPrecision(); err != nil || got != want {
			t.Errorf("XLA_FLAGS=%q: got %s, want %s (%v)", flags, got, want, err)
		}
	}
}
