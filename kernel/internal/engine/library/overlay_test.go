package library

import (
	"context"
	"os/exec"
	"strings"
	"testing"
)

// TestOverlay: every change finds its place in the Go that we are tested with.
func TestOverlay(t *testing.T) {
	out, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	l := &Library{Dir: t.TempDir()}
	var said []string
	if err := l.makeOverlay(strings.TrimSpace(string(out)), func(format string, args ...any) { said = append(said, format) }); err != nil {
		t.Fatal(err)
	}
	if len(l.Modified) != len(changes) || len(said) > 0 {
		t.Errorf("changed %v, said %q", l.Modified, said)
	}
	if _, err := (change{file: "os/proc.go", before: "x"}).apply("xx"); err == nil {
		t.Error("a place that is there twice is taken")
	}
}
