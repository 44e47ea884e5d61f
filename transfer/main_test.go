package transfer

import (
	"os"
	"testing"
)

// TestMain takes the pure-Go backend unless told otherwise, and keeps the
// tests away from the user's caches and settings.
func TestMain(m *testing.M) {
	if os.Getenv("GOMLX_BACKEND") == "" {
		os.Setenv("GOMLX_BACKEND", "go")
	}
	folder, err := os.MkdirTemp("", "gocifar-transfer")
	if err != nil {
		panic(err)
	}
	os.Setenv("GOCIFAR_CACHE", folder+"/cache")
	os.Setenv("KERAS_HOME", folder+"/keras")
	os.Unsetenv("GOCIFAR_WEIGHTS")
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}
