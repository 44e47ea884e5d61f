package library

import (
	"context"
	"fmt"
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
	if err := l.makeOverlay(strings.TrimSpace(string(out)), func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }); err != nil {
		t.Fatal(err)
	}
	if len(said) > 0 {
		t.Errorf("changed %v, said %q", l.Modified, said)
	}
	for _, f := range features {
		for _, c := range f.changes {
			text, err := os.ReadFile(filepath.Join(l.Dir, overlayDir, strings.ReplaceAll(c.file, "/", "_")))
			if err != nil || !strings.Contains(string(text), c.insert) {
				t.Errorf("%s lacks a change: %v", c.file, err)
			}
		}
	}
	broken := feature{changes: []change{{file: "os/proc.go", at: "package os", insert: "// x\n"}, {file: "os/file.go", at: "not there"}}}
	if changed, err := broken.apply(strings.TrimSpace(string(out)), nil); err == nil || changed != nil {
		t.Error("half of a feature is taken")
	}
	if _, err := (change{file: "os/proc.go", at: "x"}).apply("xx"); err == nil {
		t.Error("a place that is there twice is taken")
	}
}
