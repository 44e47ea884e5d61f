package setup

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestDataProgram: the data come from the program beside the record of layers
// while the layers are there, and its last line is the error.
func TestDataProgram(t *testing.T) {
	f := newFakeMachine(t)
	base := filepath.Dir(f.root)
	l := live{packagesDir: filepath.Join(base, "packages")}
	if got := l.dataProgram(); got != "" {
		t.Errorf("before it is made: %q", got)
	}
	f.write("packages/fetch", "#!/bin/sh\necho looking >&2\ncase \"$*\" in *bad) echo 'fetch: cifar: bad data' >&2; exit 1;; esac\necho /the/data\n", 0o755)
	f.write("packages/fetch.json", "[\""+base+"\"]", 0o644)
	e := Environment{ModuleRoot: f.root, dataProgram: l.dataProgram()}
	if dir, err := e.PrepareData(t.Context(), "", nil); err != nil || dir != "/the/data" {
		t.Errorf("%q, %v", dir, err)
	}
	if _, err := e.PrepareData(t.Context(), "bad", nil); err == nil || err.Error() != "cifar: bad data" {
		t.Errorf("bad data: %v", err)
	}
	if n := f.calls("run"); n != 0 {
		t.Errorf("the go command ran %d programs", n)
	}
	f.write("packages/fetch.json", "[\""+base+"/gone\"]", 0o644)
	if got := l.dataProgram(); strings.Contains(got, "fetch") {
		t.Errorf("with a layer gone: %q", got)
	}
}
