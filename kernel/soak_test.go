package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter/holdings"
)

// TestSoak runs `kernel run` over a folder of notebooks again and again, in this process, for as long as
// GOCIFAR_TEST_SOAK_FOR says ("1h"); the folder is GOCIFAR_TEST_SOAK_NOTEBOOKS, the data GOCIFAR_TEST_SOAK_DATA, as for
// -data. Every run must succeed. What this process holds at the end must not be more than after the first round.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("GOCIFAR_TEST_SOAK_FOR"))
	folder, data := os.Getenv("GOCIFAR_TEST_SOAK_NOTEBOOKS"), os.Getenv("GOCIFAR_TEST_SOAK_DATA")
	if err != nil || folder == "" {
		t.Skip("runs for long: set GOCIFAR_TEST_SOAK_FOR to a duration such as 1h, and GOCIFAR_TEST_SOAK_NOTEBOOKS to a folder of notebooks")
	}
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	if data == "" {
		data = "builtin"
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("GOCIFAR_RUNS", filepath.Join(t.TempDir(), "runs"))
	results := filepath.Join(t.TempDir(), "executed")
	notebooks, err := filepath.Glob(filepath.Join(folder, "*.ipynb"))
	if err != nil || len(notebooks) == 0 {
		t.Fatalf("no notebook in %s", folder)
	}
	var before, now holdings.Holdings
	rounds := 0
	for start := time.Now(); time.Since(start) < length; rounds++ {
		if err := runRun(t.Context(), []string{"-data", data, "-output", results, folder}); err != nil {
			t.Fatalf("round %d: %v", rounds+1, err)
		}
		if now, err = holdings.Own(temp); err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: round %d: %v", time.Since(start).Round(time.Second), rounds+1, now)
		if rounds == 0 {
			before = now
		}
	}
	t.Logf("%d rounds of %d notebooks; after the first %v; at the end %v", rounds, len(notebooks), before, now)
	for _, grown := range now.Grown(before, 4<<20) {
		t.Error("grew: ", grown)
	}
}
