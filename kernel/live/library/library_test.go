package library

import (
	"os"
	"testing"
)

func TestBuildLight(t *testing.T) {
	dir := os.Getenv("LIVE_DIR")
	os.RemoveAll(dir)
	os.MkdirAll(dir, 0o755)
	l, err := Build(t.Context(), dir, Options{Go: "go", Root: "../../..", Light: true, Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(l.Packages))
}
