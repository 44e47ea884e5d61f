package leak

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestGrown lets each thing grow that can.
func TestGrown(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	temp := t.TempDir()
	count := func() Counts {
		t.Helper()
		h, err := Own(temp, "skipped")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if err := os.WriteFile(filepath.Join(temp, "skipped"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := count()
	if grown := before.Grown(before, 0); before.Temporary != 0 || before.Processes != 0 || before.Threads == 0 ||
		before.Resident == 0 || len(grown) > 0 {
		t.Errorf("at first %v, grown %q", before, grown)
	}

	heap := make([]byte, 8<<20)
	file, err := os.Create(filepath.Join(temp, "left"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	hold := make(chan struct{})
	defer close(hold)
	go func() { <-hold }()
	child := exec.Command("sleep", "60")
	child.Env = append(os.Environ(), "TMPDIR="+temp)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	after := count()
	child.Process.Kill()
	child.Wait()
	runtime.KeepAlive(heap)
	grown := strings.Join(after.Grown(before, 1<<20), ", ")
	for _, want := range []string{"descriptors", "goroutines", "processes", "temporary files from 0 to 1", "the heap"} {
		if !strings.Contains(grown, want) {
			t.Errorf("grown: %s; no %s", grown, want)
		}
	}
}
