package transfer

import (
	"os"
	"strings"
	"testing"
)

// needsXLA skips a test that runs whole backbones, which takes minutes on the
// pure-Go backend.
func needsXLA(t *testing.T) {
	t.Helper()
	if !strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") {
		t.Skip("runs whole backbones: set GOMLX_BACKEND=xla:/path/of/a/plugin.so")
	}
}
