package library

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
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
	if len(said) > 0 {
		t.Errorf("changed %v, said %q", l.Modified, said)
	}
	for _, c := range changes {
		text, err := os.ReadFile(filepath.Join(l.Dir, overlayDir, strings.ReplaceAll(c.file, "/", "_")))
		if err != nil || !strings.Contains(string(text), c.insert) {
			t.Errorf("%s lacks a change: %v", c.file, err)
		}
	}
	if _, err := (change{file: "os/proc.go", before: "x"}).apply("xx"); err == nil {
		t.Error("a place that is there twice is taken")
	}
}
